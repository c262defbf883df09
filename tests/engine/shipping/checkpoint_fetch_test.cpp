// Fetching: what does not fit is passed over, and a kill at any step is as if it had not begun.
#include "engine/shipping/shipped_list.hpp"
#include "tests/engine/shipping/shipping_kit.hpp"

namespace spate {
namespace {

class CheckpointFetching : public Shipping {
 protected:
  CheckpointFetching() : depot(depot_path()) {
    CheckpointShipper shipper(shipper_parts(depot));
    ship(shipper);
    clock.advance_ns(2 * limits.interval_ns);
    files["rows/1.sst"] = "rows two";
    position = 20;
    ship(shipper);
    const auto listed = list_checkpoints(depot, log, 1);
    EXPECT_TRUE(listed && listed->size() == 2) << told;
    newest = depot_path() + "/" + listed->front().object;
    object = listed->front().object;
  }
  std::string path_of(const std::string& file) {
    const auto checkpoint = read_checkpoint(depot, object, log, 1);
    EXPECT_TRUE(checkpoint);
    for (const ShippedFile& f : checkpoint->files)
      if (f.path == file) return depot_path() + "/" + file_object(log, 1, f);
    return "";
  }
  void expect_the_one_before(const std::string& why) {
    const auto found = fetch(depot, "second");
    ASSERT_TRUE(found) << told;
    EXPECT_EQ(in("second", "rows/1.sst"), "rows one");
    EXPECT_NE(told.find(why), std::string::npos) << told;
    EXPECT_NE(told.find("trying the one before"), std::string::npos) << told;
  }

  DirectoryDepot depot;
  std::string newest, object;
};

TEST_F(CheckpointFetching, TakesTheNewest) {
  ASSERT_TRUE(fetch(depot, "second"));
  EXPECT_EQ(in("second", "rows/1.sst"), "rows two");
  EXPECT_EQ(told, "");
}

TEST_F(CheckpointFetching, PassesOverWhatIsAheadOfTheLog) {
  log_end = 15;
  expect_the_one_before("it is ahead of the log");
}

TEST_F(CheckpointFetching, PassesOverWhatIsOfAnotherLog) {
  ShippedCheckpoint foreign = *read_checkpoint(depot, object, log, 1);
  foreign.incarnation = 2;
  write_file(newest, to_text(foreign));
  expect_the_one_before("it is of another log");
}

TEST_F(CheckpointFetching, PassesOverAFileThatIsNotWhatItsNameSaysAndTakesItAway) {
  const std::string path = path_of("rows/1.sst");
  write_file(path, "rows twO");
  expect_the_one_before("rows/1.sst fails its hash");
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(CheckpointFetching, PassesOverAFileThatIsCutShortOrTooLongOrGone) {
  for (const char* text : {"rows", "rows two and more"}) {
    write_file(path_of("rows/1.sst"), text);
    const std::string node = std::string("second ") + text;
    ASSERT_TRUE(fetch(depot, node)) << told;
    EXPECT_EQ(in(node, "rows/1.sst"), "rows one");
  }
  ASSERT_TRUE(fetch(depot, "third"));  // by now it is gone
  EXPECT_EQ(in("third", "rows/1.sst"), "rows one");
}

TEST_F(CheckpointFetching, PassesOverATextWithAnyByteChangedOrCut) {
  const std::string text = read_file(newest);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string damaged = text;
    damaged[i] ^= 1;
    EXPECT_FALSE(shipped_checkpoint_of(damaged)) << i;
    EXPECT_FALSE(shipped_checkpoint_of(text.substr(0, i))) << i;
  }
  EXPECT_TRUE(shipped_checkpoint_of(text));
}

TEST_F(CheckpointFetching, NeverWritesOutsideItsFolder) {
  for (const char* path : {"../outside", "/tmp/outside", "rows/../../outside", ""}) {
    ShippedCheckpoint evil = *read_checkpoint(depot, object, log, 1);
    evil.files.front().path = path;
    EXPECT_FALSE(shipped_checkpoint_of(to_text(evil))) << path;
  }
}

TEST_F(CheckpointFetching, WithoutADepotTheNodeBeginsEmpty) {
  FailingDepot gone(depot);
  gone.fails_from = 0;
  EXPECT_FALSE(fetch(gone, "second"));
  EXPECT_NE(told.find("folding everything from the topics instead"), std::string::npos) << told;
  EXPECT_TRUE(CheckpointFetch::is_wanted(data("second")));
}

TEST_F(CheckpointFetching, ALogThatCannotBeAskedIsAskedAgain) {
  CheckpointFetch::Parts parts = fetch_parts(depot, "second");
  int asked = 0;
  parts.misfit = [&](const ShippedPartition&) -> Result<std::string> {
    if (++asked < 4) return retry("kafka_unreachable", "no broker");
    return std::string();
  };
  std::filesystem::create_directories(data("second"));
  CheckpointFetch fetch(std::move(parts));
  for (;;) {
    const auto done = fetch.step();
    ASSERT_TRUE(done) << done.error().detail;
    if (*done) break;
  }
  EXPECT_TRUE(fetch.found());
  EXPECT_EQ(asked, 4);
}

TEST_F(CheckpointFetching, ANodeThatHasAnythingOfItsOwnWantsNone) {
  EXPECT_TRUE(CheckpointFetch::is_wanted(data("second")));
  write_file(data("second") + "/kafka/lock", "");
  EXPECT_TRUE(CheckpointFetch::is_wanted(data("second")));
  write_file(data("second") + "/kafka/kafka-1-0.1", "note");
  EXPECT_FALSE(CheckpointFetch::is_wanted(data("second")));
  write_file(data("third") + "/rows/CURRENT", "");
  EXPECT_FALSE(CheckpointFetch::is_wanted(data("third")));
}

/// A kill leaves what is on disk; the next start tidies up and fetches, or finds all in place.
TEST_F(CheckpointFetching, AKillAtAnyStepLeavesNothingOrAll) {
  bool ended = false;
  for (int steps = 0; !ended; ++steps) {
    ASSERT_LT(steps, 1000);
    const std::string node = "node-" + std::to_string(steps);
    std::filesystem::create_directories(data(node));
    {
      CheckpointFetch fetch(fetch_parts(depot, node));
      for (int i = 0; i < steps && !ended; ++i) {
        const auto done = fetch.step();
        ASSERT_TRUE(done);
        ended = *done;
      }
    }
    ASSERT_TRUE(CheckpointFetch::finish(data(node)));
    if (!ended) {
      ASSERT_TRUE(CheckpointFetch::is_wanted(data(node))) << steps;
      ASSERT_TRUE(fetch(depot, node)) << told;
    }
    for (const auto& [path, text] : files) EXPECT_EQ(in(node, path), text) << path << steps;
  }
}

/// The moves themselves may be cut: the mark says that what is still to be moved is whole.
TEST_F(CheckpointFetching, AKillBetweenTwoMovesIsFinishedByTheNextStart) {
  for (const char* moved : {"", "rows", "views", "ids"}) {
    const std::string node = std::string("moved ") + moved;
    for (const auto& [path, text] : files) write_file(data(node) + "/fetched/" + path, text);
    write_file(data(node) + "/fetched/whole", "");
    if (*moved != 0)
      std::filesystem::rename(data(node) + "/fetched/" + moved, data(node) + "/" + moved);
    ASSERT_TRUE(CheckpointFetch::finish(data(node)));
    for (const auto& [path, text] : files) EXPECT_EQ(in(node, path), text) << path << moved;
    EXPECT_FALSE(std::filesystem::exists(data(node) + "/fetched"));
  }
}

TEST_F(CheckpointFetching, WhatHasNoMarkIsRemoved) {
  write_file(data("second") + "/fetched/rows/1.sst", "half");
  ASSERT_TRUE(CheckpointFetch::finish(data("second")));
  EXPECT_TRUE(CheckpointFetch::is_wanted(data("second")));
  EXPECT_FALSE(std::filesystem::exists(data("second") + "/fetched"));
}

}  // namespace
}  // namespace spate
