// Snapshots of a log that goes on: nothing that it does later reaches them, and each can be cut.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "engine/base/crc32c.hpp"
#include "engine/log/log_walk.hpp"
#include "engine/snapshots/snapshot_check.hpp"
#include "engine/snapshots/snapshot_restore.hpp"
#include "engine/snapshots/snapshot_take.hpp"
#include "tests/support/log_world.hpp"
#include "tests/support/temporary_folder.hpp"

namespace spate {
namespace {

namespace fs = std::filesystem;
constexpr PartitionId a{1, 0}, b{1, 1}, c{2, 0};

/// A log in a real directory, stepped by hand; every few records a segment.
class World {
 public:
  World() : data_(folder_.path() + "/data") {
    fs::create_directories(data_ + "/log");
    fs::create_directories(data_ + "/schemas");
    std::ofstream(data_ + "/schemas/redemptions.bfbs") << "a schema";
    open();
  }

  void open() {
    log_.reset();  // gives the lock back
    storage_ = *PosixStorage::at(data_ + "/log");
    auto opened = SegmentLog::open(*storage_, clock_, small_log_options());
    ENSURE(opened.has_value());
    log_ = std::move(*opened);
    for (const PartitionId id : log_->topology().partitions())
      owned_[id] = *log_->acquire(id);
  }

  /// Commands without outcomes yet; later ones decide the oldest that have none.
  void wish(PartitionId id, std::size_t count) {
    Cause& last = wished_[id];
    ENSURE(log_->append_commands(id, command_batch(id, last.next(), count, text_)) == Taken::yes);
    last = last.plus(count);
  }
  void decide(PartitionId id, std::size_t count) {
    Ownership& owned = owned_[id];
    const Sequence expected = owned.tail.sequence.next();
    const Cause first = owned.tail.cause.next();
    auto batch = outcome_batch(id, owned.tail, owned.epoch, first, count, text_);
    ENSURE(log_->append_outcomes(id, owned.epoch, expected, std::move(batch)) == Taken::yes);
  }
  Step step() {
    const Step wrote = *log_->write_step();
    const Step prepared = *log_->prepare_step();
    return wrote == Step::idle ? prepared : wrote;
  }
  void settle() {
    for (int quiet = 0; quiet < 3;) quiet = step() == Step::worked ? 0 : quiet + 1;
  }

  Result<TakenSnapshot> take(const std::string& name, uint64_t keep_free_bytes = 0) {
    SnapshotOrder order;
    order.data = data_;
    order.end = log_->durable_end();
    order.now = clock_.wall();
    order.folder = snapshots();
    order.name = name;
    order.keep_free_bytes = keep_free_bytes;
    return take_snapshot(order);
  }
  Result<RestoredSnapshot> restore(const std::string& name, const std::string& to,
                                   std::optional<CutPoint> until = {}) {
    fs::remove_all(target(to));
    steps_.clear();
    return restore_snapshot({snapshots(), name, target(to), std::move(until), 77,
                             [this](const RestoreProgress& at) { steps_.push_back(at); }});
  }
  /// What the last restore told of itself.
  const std::vector<RestoreProgress>& steps() const { return steps_; }
  /// "1.0: 3 of 5, …": outcomes and commands of each partition in the log of a directory.
  std::string counts(const std::string& data) {
    const auto storage = PosixStorage::at(data + "/log");
    const auto walk = walk_log(**storage);
    if (!walk) return walk.error().detail;
    std::ostringstream text;
    for (const auto& [id, tail] : walk->tails)
      text << id.domain << "." << id.index << ": " << tail.sequence.value << " of "
           << tail.command.value << "; ";
    return text.str() + (walk->ends_clean ? "" : "not sealed");
  }

  std::string snapshots() const { return folder_.path() + "/snapshots"; }
  std::string target(const std::string& name) const { return folder_.path() + "/" + name; }
  const std::string& data() const { return data_; }
  SegmentLog& log() { return *log_; }
  VirtualClock& clock() { return clock_; }
  void close() {
    ENSURE(log_->close().has_value());
    log_.reset();
  }

 private:
  static std::string noise() {  // groups are packed
    std::mt19937 random(1);
    std::string text(900, 0);
    for (char& letter : text) letter = static_cast<char>(random());
    return text;
  }

  TemporaryFolder folder_;
  const std::string data_;
  const std::string text_ = noise();
  VirtualClock clock_;
  std::unique_ptr<PosixStorage> storage_;
  std::unique_ptr<SegmentLog> log_;
  std::map<PartitionId, Ownership> owned_;
  std::map<PartitionId, Cause> wished_;
  std::vector<RestoreProgress> steps_;
};

std::string wrong_with(World& world, const std::string& name) {
  const auto found = find_snapshot(world.snapshots(), name);
  if (!found) return found.error().detail;
  const auto check = check_snapshot(world.snapshots(), *found);
  if (!check) return check.error().detail;
  return check->findings.empty() ? "" : check->findings.front();
}

/// A step of the writer is a write, a sync, an opening, a seal or a cut: between any two of them.
TEST(Snapshots, AreWholeBetweenAnyTwoStepsOfTheWriterAndStaySo_B8) {
  World world;
  int taken = 0;
  for (int round = 0; round < 14; ++round) {
    world.wish(a, 7);
    world.wish(b, 1);
    world.decide(a, 7);
    for (int steps = 0; steps < 4; ++steps) {
      world.step();
      const auto made = world.take("at-" + std::to_string(taken++));
      ASSERT_TRUE(made) << made.error().detail;
    }
    if (round % 6 == 5) {  // and across the end of a process
      world.settle();
      if (round == 5) world.close();
      world.open();
    }
  }
  ASSERT_GT(world.log().durable_end().segment, 4u) << "segments rolled";
  world.close();
  uint64_t outcomes = 0;
  const auto all = list_snapshots(world.snapshots());
  ASSERT_EQ(all->size(), static_cast<std::size_t>(taken));
  for (int n = 0; n < taken; ++n) {
    const std::string name = "at-" + std::to_string(n);
    ASSERT_EQ(wrong_with(world, name), "") << name;
    const auto found = find_snapshot(world.snapshots(), name);
    EXPECT_GE(found->whole->outcomes(), outcomes);
    outcomes = found->whole->outcomes();
  }
}

TEST(Snapshots, HaveAllThatWasDurableAndTakeOnlyWhatIsNew_B8) {
  World world;
  for (int round = 0; round < 20; ++round) {
    world.wish(a, 4);
    world.decide(a, 4);
    world.settle();
  }
  const auto first = world.take("first");
  ASSERT_TRUE(first) << first.error().detail;
  EXPECT_EQ(first->snapshot.partitions[0].tail.sequence, world.log().poll(a).sequence);
  EXPECT_GT(first->linked_bytes, 0u);
  EXPECT_EQ(first->reused_bytes, 0u);
  const auto again = world.take("again");
  EXPECT_EQ(again->linked_bytes + again->copied_bytes, 0u);
  EXPECT_EQ(again->snapshot.segments, first->snapshot.segments);
  const std::string segment = "/" + segment_path(1);
  EXPECT_EQ(fs::hard_link_count(world.data() + segment), 3u);
  world.wish(b, 1);
  world.settle();
  const auto third = world.take("third");
  EXPECT_GT(third->reused_bytes, 0u);
  EXPECT_GT(third->copied_bytes, 0u) << "the open segment";
  EXPECT_EQ(third->linked_bytes, 0u);
}

TEST(Snapshots, AreRefusedWhereRotIsAndLeaveNothing_B8) {
  World world;
  world.wish(a, 20);
  world.settle();
  std::fstream file(world.data() + "/" + segment_path(world.log().durable_end().segment),
                    std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(world.log().durable_end().offset) - 3000);
  file.put('?').flush();
  const auto refused = world.take("rotten");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "log_rot") << refused.error().detail;
  EXPECT_NE(refused.error().detail.find("a group is damaged"), std::string::npos);
  EXPECT_TRUE(list_snapshots(world.snapshots())->empty());
}

TEST(Snapshots, AskForRoomFirstWithTheNumber_B8) {
  World world;
  world.wish(a, 3);
  world.settle();
  const auto refused = world.take("large", uint64_t{1} << 60);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "storage_full");
  EXPECT_NE(refused.error().detail.find("1099511627792 MiB"), std::string::npos)
      << refused.error().detail;
  EXPECT_TRUE(list_snapshots(world.snapshots())->empty());
}

TEST(Snapshots, EndWhenTheyAreToldTo_B8) {
  World world;
  world.wish(a, 30);
  world.settle();
  for (int allowed = 0;; ++allowed) {
    SnapshotOrder order{world.data(), world.log().durable_end(), {}, world.snapshots(), "x"};
    order.pace = [left = allowed](uint64_t) mutable { return left-- > 0; };
    const auto taken = take_snapshot(order);
    if (taken) break;
    ASSERT_EQ(taken.error().code, "cancelled");
    ASSERT_TRUE(list_snapshots(world.snapshots())->empty());
  }
  EXPECT_EQ(wrong_with(world, "x"), "");
}

/// Wishes of all partitions lie before the outcomes of some; one partition stays behind.
class Cuts : public testing::Test {
 protected:
  void SetUp() override {
    for (int round = 0; round < 12; ++round) {
      world.wish(a, 3);
      world.wish(b, 2);
      world.decide(a, 2);
      if (round % 3 == 2) world.decide(b, 4);
      world.settle();
    }
    ASSERT_TRUE(world.take("s"));
    const auto storage = PosixStorage::at(world.data() + "/log");
    LogVisitor visitor;
    visitor.record = [&](const RecordView& record, const RecordPlace&) {
      if (record.head.side == LogSide::outcomes)
        order.push_back({{record.head.domain, record.head.index}, {record.head.number}});
    };
    ASSERT_TRUE(walk_log(**storage, visitor));
    ASSERT_EQ(order.size(), 40u);
  }
  CutPoint behind(PartitionId id, Sequence sequence) {
    Position position{world.log().identity().incarnation, {}};
    position.raise(id, sequence);
    return {{}, position};
  }

  World world;
  std::vector<std::pair<PartitionId, Sequence>> order;  // of the log
};

TEST_F(Cuts, KeepWhatLiesBeforeEachOutcomeAndNoUndecidedCommand_B8) {
  uint64_t of_a = 0, of_b = 0;
  for (const auto& [id, sequence] : order) {
    ++(id == a ? of_a : of_b);
    const auto restored = world.restore("s", "to", behind(id, sequence));
    ASSERT_TRUE(restored) << restored.error().detail;
    EXPECT_EQ(restored->outcomes, of_a + of_b);
    std::ostringstream expected;
    expected << "1.0: " << of_a << " of " << of_a << "; 1.1: " << of_b << " of " << of_b
             << "; 2.0: 0 of 0; ";
    ASSERT_EQ(world.counts(world.target("to")), expected.str());
    // A log like any other: it is opened, written to, and read again.
    auto storage = *PosixStorage::at(world.target("to") + "/log");
    auto opened = SegmentLog::open(*storage, world.clock(), small_log_options());
    ASSERT_TRUE(opened) << opened.error().detail;
    EXPECT_TRUE((*opened)->recovery().was_clean);
    EXPECT_EQ((*opened)->identity().incarnation, 77u);
    EXPECT_EQ((*opened)->acquire(id)->tail.sequence, sequence);
    ASSERT_TRUE((*opened)->close());
  }
  EXPECT_EQ(wrong_with(world, "s"), "") << "restored logs were written to";
}

TEST_F(Cuts, AreRefusedBeyondTheEndAndOfAnotherLife_B8) {
  const auto beyond = world.restore("s", "to", behind(b, {17}));
  ASSERT_FALSE(beyond);
  EXPECT_NE(beyond.error().detail.find("redemptions/1 ends at outcome 16, outcome 17 is asked for"),
            std::string::npos)
      << beyond.error().detail;
  CutPoint other = behind(a, {1});
  other.position->incarnation = 8;
  EXPECT_EQ(world.restore("s", "to", other).error().code, "position_unknown");
  EXPECT_EQ(world.restore("s", "to", behind(PartitionId{9, 0}, {1})).error().code,
            "position_unknown");
  EXPECT_EQ(world.restore("s", "to", behind(a, {0})).error().code, "position_unknown");
  const CutPoint early{Instant{1}, {}}, late{world.clock().wall(), {}};
  EXPECT_EQ(world.restore("s", "to", early).error().code, "before_the_log");
  world.clock().advance_ns(1);
  const CutPoint later{world.clock().wall(), {}};
  EXPECT_EQ(world.restore("s", "to", later).error().code, "beyond_the_end");
  const auto all = world.restore("s", "to", late);
  ASSERT_TRUE(all) << all.error().detail;
  EXPECT_FALSE(all->cut.drops());
  EXPECT_FALSE(fs::exists(world.target("never")));
}

TEST_F(Cuts, KeepAllThatWasStampedUntilATime_B8) {
  const auto storage = PosixStorage::at(world.data() + "/log");
  std::vector<RecordHead> heads;
  LogVisitor visitor;
  visitor.record = [&](const RecordView& r, const RecordPlace&) { heads.push_back(r.head); };
  ASSERT_TRUE(walk_log(**storage, visitor));
  for (const RecordHead& at : heads) {
    std::map<std::pair<PartitionId, LogSide>, uint64_t> last;
    for (const RecordHead& r : heads)
      if (r.time <= at.time) last[{{r.domain, r.index}, r.side}] = r.number;
    std::ostringstream expected;
    for (const PartitionId id : {a, b, c})
      expected << id.domain << "." << id.index << ": " << last[{id, LogSide::outcomes}] << " of "
               << last[{id, LogSide::commands}] << "; ";
    const auto restored = world.restore("s", "to", CutPoint{Instant{at.time}, {}});
    ASSERT_TRUE(restored) << restored.error().detail;
    ASSERT_EQ(world.counts(world.target("to")), expected.str());
  }
}

/// Each step begins at 0, never goes back, and ends with all of it.
void expect_whole_progress(const std::vector<RestoreProgress>& told, std::size_t steps) {
  std::size_t seen = 0;
  for (std::size_t i = 0; i < told.size(); ++i) {
    const bool is_first = i == 0 || told[i - 1].step != told[i].step;
    seen += is_first;
    EXPECT_TRUE(is_first || told[i].bytes > told[i - 1].bytes) << i;
    EXPECT_LE(told[i].bytes, told[i].of);
  }
  EXPECT_EQ(seen, steps);
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told.back().step, RestoreProgress::Step::restoring);
  EXPECT_EQ(told.back().bytes, told.back().of);
}

TEST_F(Cuts, TellHowFarTheyHaveCome) {
  ASSERT_TRUE(world.restore("s", "to"));
  expect_whole_progress(world.steps(), 1);
  ASSERT_TRUE(world.restore("s", "to", behind(a, {3})));
  expect_whole_progress(world.steps(), 2);
}

TEST(SnapshotFile, OfAnotherVersionOrLeadingElsewhereIsRefused_B8) {
  World world;
  world.wish(a, 1);
  world.settle();
  const auto taken = world.take("s");
  ASSERT_TRUE(taken) << taken.error().detail;
  const std::string text = to_text(taken->snapshot);
  ASSERT_TRUE(snapshot_of(text, "F"));
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string other = text.substr(0, text.rfind("crc "));
    other.replace(other.find(from), from.size(), to);
    char crc[16];
    std::snprintf(crc, sizeof crc, "crc %08x\n", static_cast<unsigned>(crc32c(as_bytes(other))));
    return snapshot_of(other + crc, "F");
  };
  EXPECT_EQ(changed("snapshot 1", "snapshot 2").error().code, "snapshot_format");
  EXPECT_EQ(changed("log/MANIFEST.1", "log/../../etc/x").error().code, "snapshot_damaged");
  EXPECT_EQ(changed("log/MANIFEST.1", "../MANIFEST.1").error().code, "snapshot_damaged");
  EXPECT_EQ(changed("domain 1 redemptions 2", "domain 1 redemptions 3").error().code,
            "snapshot_damaged");
  EXPECT_EQ(changed("partition 1 1", "partition 1 0").error().code, "snapshot_damaged");
  std::string flipped = text;
  flipped[flipped.size() / 2] ^= 1;
  EXPECT_EQ(snapshot_of(flipped, "F").error().code, "snapshot_damaged");
}

}  // namespace
}  // namespace spate
