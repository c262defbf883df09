// IdTable when the disk refuses: every write fails once, and nothing that was known is lost (R6).
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>

#include "engine/base/hash.hpp"
#include "engine/state/id_table.hpp"
#include "tests/engine/state/numbered_ids.hpp"
#include "tests/support/temporary_folder.hpp"

namespace spate {
namespace {

/// While one lives, this process cannot write a file beyond `bytes`.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : old_signal_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit{bytes, old_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, old_signal_);
  }

 private:
  rlimit old_{};
  void (*old_signal_)(int);
};

void insert(IdTable& ids, uint64_t from, uint64_t to) {
  for (uint64_t n = from; n < to; ++n) ids.insert(id_of(n), {{n + 1}, n});
  ids.freeze({to});
  ids.settle({to});
}

TEST(IdTable, LosesNothingWhenARunCannotBeWritten) {
  const std::string directory = scratch_path("failures");
  std::filesystem::remove_all(directory);
  {
    IdTable ids(directory, {});
    ASSERT_TRUE(ids.open());
    insert(ids, 0, 300);
    ASSERT_TRUE(ids.write_frozen());
  }
  int failures = 0;
  bool written = false;
  for (rlim_t bytes = 0; !written && bytes < 200'000; bytes += 1000) {
    IdTable ids(directory, {});
    ASSERT_TRUE(ids.open());
    ASSERT_EQ(ids.covered().value, 300u);
    for (uint64_t n = 0; n < 300; ++n) ASSERT_TRUE(*ids.find(id_of(n))) << n;
    EXPECT_FALSE(*ids.find(id_of(301)));
    insert(ids, 300, 600);
    {
      const FileSizeLimit limit(bytes);
      const auto result = ids.write_frozen();
      written = result.has_value();
      failures += !written && result.error().code == "file_failed";
    }
    for (uint64_t n = 0; n < 600; ++n) ASSERT_TRUE(*ids.find(id_of(n))) << n;
  }
  EXPECT_TRUE(written);
  EXPECT_GT(failures, 10);
  IdTable ids(directory, {});
  ASSERT_TRUE(ids.open());
  EXPECT_EQ(ids.covered().value, 600u);
  EXPECT_EQ(ids.count(), 600u);
}

}  // namespace
}  // namespace spate
