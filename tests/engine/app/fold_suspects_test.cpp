// Breadcrumbs of a rebuild: what a process that is killed in the middle of a fold leaves behind.
#include "engine/app/fold_suspects.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "tests/support/temporary_folder.hpp"

namespace spate {
namespace {

constexpr PartitionId p{1, 1};
constexpr Hash128 log_id{7, 9};

class FoldSuspectsTest : public testing::Test {
 protected:
  FoldSuspectsTest()
      : path_(scratch_path(testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::filesystem::remove(path_);
  }
  ~FoldSuspectsTest() override { std::filesystem::remove(path_); }

  /// A process of its own folds that outcome of that generation, and is killed before or after.
  void die(uint32_t generation, uint64_t outcome, bool in_time = false) {
    const pid_t child = ::fork();
    if (child == 0) {
      FoldSuspects suspects(topology_);
      if (!suspects.open(path_, log_id)) ::_exit(1);
      suspects.begin(generation);
      suspects.folding(p, {outcome - 1});
      suspects.folded(p);
      suspects.folding(p, {outcome});
      if (in_time) suspects.folded(p);
      ::raise(SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  }
  bool died_of(uint32_t generation, uint64_t outcome, Hash128 log = log_id) {
    FoldSuspects suspects(topology_);
    EXPECT_TRUE(suspects.open(path_, log));
    suspects.begin(generation);
    return suspects.died_of(p, {outcome});
  }

  const Topology topology_{{{"texts", 1, 2}}};
  const std::string path_;
};

TEST_F(FoldSuspectsTest, SuspectWhatTheProcessDiedOfTwice) {
  die(2, 40);
  EXPECT_FALSE(died_of(2, 40)) << "once may have been anything";
  die(2, 40);
  EXPECT_TRUE(died_of(2, 40));
  EXPECT_TRUE(died_of(2, 40)) << "looking does not forgive";
  EXPECT_FALSE(died_of(2, 39));
  EXPECT_FALSE(died_of(2, 41));
  EXPECT_FALSE(died_of(3, 40)) << "another generation is another try";
}

TEST_F(FoldSuspectsTest, SuspectNothingAfterKillsElsewhere) {
  for (uint64_t outcome = 40; outcome < 50; ++outcome) {
    die(2, outcome);
    EXPECT_FALSE(died_of(2, outcome));
  }
  die(2, 60, true);
  die(2, 60, true);
  EXPECT_FALSE(died_of(2, 60)) << "it was folded already";
}

TEST_F(FoldSuspectsTest, ForgetThoseOfAnotherLog) {
  die(2, 40);
  die(2, 40);
  EXPECT_FALSE(died_of(2, 40, {1, 2}));
}

TEST_F(FoldSuspectsTest, SayWhenTheyCannotBeKept) {
  FoldSuspects suspects(topology_);
  EXPECT_EQ(suspects.open("/proc/none/breadcrumbs", log_id).error().code, "breadcrumbs_unwritable");
  FoldSuspects in_memory(topology_);
  in_memory.open_in_memory();
  in_memory.begin(2);
  in_memory.folding(p, {1});
  in_memory.folded(p);
  EXPECT_FALSE(in_memory.died_of(p, {1}));
}

}  // namespace
}  // namespace spate
