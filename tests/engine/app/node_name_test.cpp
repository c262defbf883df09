// The name by which a node is known in its group: kept, renewed when torn, not copied.
#include "engine/app/node_name.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace spate {
namespace {

namespace fs = std::filesystem;

class NodeNames : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("spate-node-name-" + std::to_string(::getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "a");
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string in(const char* name) const { return (folder_ / name).string(); }
  NodeName name_in(const char* folder) const {
    auto found = node_name_in(in(folder));
    EXPECT_TRUE(found) << found.error().detail;
    return found ? *found : NodeName{};
  }
  std::string text() const {
    std::ostringstream text;
    text << std::ifstream(in("a") + "/instance").rdbuf();
    return text.str();
  }
  void write(const std::string& text) const { std::ofstream(in("a") + "/instance") << text; }

  fs::path folder_;
};

TEST_F(NodeNames, IsTheSameAfterARestart) {
  const NodeName first = name_in("a");
  EXPECT_EQ(first.name.size(), std::string("node-").size() + 32);
  EXPECT_EQ(name_in("a").name, first.name);
  EXPECT_FALSE(name_in("a").of_copy);
}

TEST_F(NodeNames, DiffersFromDirectoryToDirectory) {
  fs::create_directory(folder_ / "b");
  EXPECT_NE(name_in("a").name, name_in("b").name);
}

TEST_F(NodeNames, ACopyOfTheDirectoryHasANameOfItsOwnFromThenOn) {
  const std::string original = name_in("a").name;
  fs::copy(folder_ / "a", folder_ / "b", fs::copy_options::recursive);
  const NodeName copy = name_in("b");
  EXPECT_TRUE(copy.of_copy);
  EXPECT_NE(copy.name, original);
  EXPECT_EQ(name_in("b").name, copy.name);
  EXPECT_FALSE(name_in("b").of_copy);
  EXPECT_EQ(name_in("a").name, original);
}

TEST_F(NodeNames, ADirectoryThatIsRenamedKeepsIt) {
  const std::string name = name_in("a").name;
  fs::rename(folder_ / "a", folder_ / "c");
  EXPECT_EQ(name_in("c").name, name);
}

TEST_F(NodeNames, WhatIsTornAtAnyByteIsReplacedByANewName) {
  const std::string whole = (name_in("a"), text());
  for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
    write(whole.substr(0, bytes));
    const NodeName found = name_in("a");
    EXPECT_NE(found.name, whole.substr(0, found.name.size())) << bytes;
    EXPECT_EQ(name_in("a").name, found.name) << bytes;
  }
}

TEST_F(NodeNames, SaysWhichFileCannotBeWritten) {
  const auto found = node_name_in(in("nowhere"));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, "file_failed");
  EXPECT_NE(found.error().detail.find("nowhere/instance"), std::string::npos);
}

}  // namespace
}  // namespace spate
