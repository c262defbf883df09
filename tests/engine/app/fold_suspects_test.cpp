// Breadcrumbs of folds: what a process that is killed in the middle of a fold leaves behind.
#include "engine/app/fold_suspects.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "tests/support/temporary_folder.hpp"

namespace spate {
namespace {

constexpr PartitionId place{1, 1};
constexpr Hash128 log_id{7, 9};

class FoldSuspectsTest : public testing::Test {
 protected:
  FoldSuspectsTest()
      : path_(scratch_path(testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::filesystem::remove(path_);
  }
  ~FoldSuspectsTest() override { std::filesystem::remove(path_); }

  /// A process of its own folds that outcome, and is killed before or after it is done.
  void die(uint64_t outcome, bool in_time = false) {
    const pid_t child = ::fork();
    if (child == 0) {
      FoldSuspects suspects(topology_);
      if (!suspects.open(path_, log_id)) ::_exit(1);
      suspects.folding(place, {outcome - 1});
      suspects.folded(place);
      suspects.folding(place, {outcome});
      if (in_time) suspects.folded(place);
      ::raise(SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  }
  /// The outcome it died of twice, 0 = none; then how far it came without harm.
  std::pair<uint64_t, uint64_t> known(Hash128 log = log_id) {
    FoldSuspects suspects(topology_);
    EXPECT_TRUE(suspects.open(path_, log));
    const auto deadly = suspects.deadly(place);
    EXPECT_EQ(suspects.deadly({1, 0}), std::nullopt) << "another partition";
    return {deadly.value_or(Sequence{}).value, suspects.harmless(place).value};
  }
  using Known = std::pair<uint64_t, uint64_t>;

  const Topology topology_{{{"texts", 1, 2}}};
  const std::string path_;
};

TEST_F(FoldSuspectsTest, SuspectWhatTheProcessDiedOfTwice) {
  EXPECT_EQ(known(), Known(0, 0));
  die(40);
  EXPECT_EQ(known(), Known(0, 39)) << "once may have been anything";
  die(40);
  EXPECT_EQ(known(), Known(40, 39));
  EXPECT_EQ(known(), Known(40, 39)) << "looking does not forgive";
}

TEST_F(FoldSuspectsTest, SuspectNothingAfterKillsElsewhere) {
  for (uint64_t outcome = 40; outcome < 50; ++outcome) {
    die(outcome);
    EXPECT_EQ(known(), Known(0, outcome - 1));
  }
  die(60, true);
  die(60, true);
  EXPECT_EQ(known(), Known(0, 60)) << "it was folded already";
}

TEST_F(FoldSuspectsTest, ForgetThoseOfAnotherLog) {
  die(40);
  die(40);
  EXPECT_EQ(known({1, 2}), Known(0, 0));
}

TEST_F(FoldSuspectsTest, SayWhenTheyCannotBeKept) {
  FoldSuspects suspects(topology_);
  EXPECT_EQ(suspects.open("/proc/none/breadcrumbs", log_id).error().code, "breadcrumbs_unwritable");
  FoldSuspects in_memory(topology_);
  in_memory.open_in_memory();
  in_memory.folding(place, {1});
  in_memory.folded(place);
  EXPECT_EQ(in_memory.deadly(place), std::nullopt);
}

}  // namespace
}  // namespace spate
