// Parts of tests that run in a process which ends without closing anything, as after kill -9.
#pragma once
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/temporary_folder.hpp"

namespace spate {

/// A temporary folder that the killed process of the test shares.
class SharedFolder {
 public:
  SharedFolder() {
    if (const char* path = getenv(variable)) {
      path_ = path;
      return;
    }
    own_ = std::make_unique<TemporaryFolder>();
    path_ = own_->path();
    setenv(variable, path_.c_str(), 1);
  }
  ~SharedFolder() {
    if (own_ != nullptr) unsetenv(variable);
  }
  const std::string& path() const { return path_; }

 private:
  static constexpr const char* variable = "SPATE_TEST_SHARED_FOLDER";
  std::unique_ptr<TemporaryFolder> own_;
  std::string path_;
};

/// Runs `body` in a fresh process that begins this test again: once a test, before anything that
/// must not happen twice. (A fork would come without the threads that RocksDB believes to have.)
template <class Body>
void in_killed_process(Body body) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  const auto run = [&] {
    body();
    _exit(0);
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(0), "");
}

}  // namespace spate
