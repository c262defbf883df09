// An operator's order: what is read of it, and that one answer tells all that is wrong.
#include "engine/app/wish.hpp"

#include <gtest/gtest.h>

namespace spate {
namespace {

struct Read {
  bool hold = false;
  std::string name = "none";
  uint64_t budget = 30;
  std::vector<std::string> projections{"all"};
  std::string faults;  // a line each
};

Read read(std::string_view body) {
  Wish wish(body);
  Read found;
  wish.read("hold", found.hold);
  wish.read("name", found.name);
  wish.read("budget", found.budget, 1, 100);
  wish.read("projections", found.projections);
  for (const FieldFault& fault : wish.end()) found.faults += fault.pointer + " " + fault.detail + "\n";
  return found;
}

TEST(Wish, IsReadMemberByMember) {
  const Read found =
      read(R"({"projections":["orders","quizzes"],"hold":true,"name":"x y","budget":100})");
  EXPECT_EQ(found.faults, "");
  EXPECT_TRUE(found.hold);
  EXPECT_EQ(found.name, "x y");
  EXPECT_EQ(found.budget, 100u);
  EXPECT_EQ(found.projections, (std::vector<std::string>{"orders", "quizzes"}));
}

TEST(Wish, LeavesAloneWhatIsNotWished) {
  for (const char* body : {"", "{}", "  {} "}) {
    const Read found = read(body);
    EXPECT_EQ(found.faults, "") << body;
    EXPECT_FALSE(found.hold);
    EXPECT_EQ(found.name, "none");
    EXPECT_EQ(found.budget, 30u);
    EXPECT_EQ(found.projections, std::vector<std::string>{"all"});
  }
}

TEST(Wish, TellsAllThatIsWrongAtOnce) {
  const Read found = read(R"({"hold":1,"nmae":"x","budget":0,"projections":["a b"],"a/b":1})");
  EXPECT_EQ(found.faults,
            "/hold must be true or false\n"
            "/budget must be 1..100\n"
            "/projections must be an array of names\n"
            "/nmae is not known here; did you mean 'name'?\n"
            "/a~1b is not known here\n");
  EXPECT_FALSE(found.hold);
  EXPECT_EQ(found.budget, 30u);
}

TEST(Wish, RefusesWhatIsNoNumberInItsRange) {
  for (const char* body : {R"({"budget":101})", R"({"budget":-1})", R"({"budget":1.5})",
                           R"({"budget":"7"})", R"({"budget":null})",
                           R"({"budget":18446744073709551615})"})
    EXPECT_EQ(read(body).faults, "/budget must be 1..100\n") << body;
}

TEST(Wish, RefusesWhatIsNoObject) {
  for (const char* body : {"[]", "7", "{", "null", "\"hold\""})
    EXPECT_EQ(read(body).faults, " must be a JSON object\n") << body;
}

TEST(Wish, TellsOneFaultOfAPlace) {
  Wish wish(R"({"name":7})");
  std::string name;
  wish.read("name", name);
  wish.fault(whole_payload.member("name"), "must be an absolute path");
  const FieldFaults faults = wish.end();
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_EQ(faults[0].detail, "must be a text");
}

}  // namespace
}  // namespace spate
