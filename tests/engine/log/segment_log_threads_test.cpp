// Owners, writer, preparer and readers on threads of their own, over a real directory.
#include <gtest/gtest.h>

#include <thread>

#include "engine/log/log_walk.hpp"
#include "engine/log/posix_storage.hpp"
#include "tests/support/log_world.hpp"
#include "tests/support/temporary_folder.hpp"

namespace spate {
namespace {

constexpr uint64_t commands_each = 3000;

/// Appends batch after batch and waits for the bell whenever the log is full.
void own(SegmentLog& log, PartitionId id, ThreadBell& bell) {
  Ownership owned = *log.acquire(id);
  for (uint64_t next = 1; next <= commands_each;) {
    const std::size_t count = std::min<uint64_t>(1 + next % 17, commands_each + 1 - next);
    const BatchPtr commands = command_batch(id, {next}, count, std::string(next % 200, 'c'));
    while (log.append_commands(id, commands) == Taken::full) bell.wait(100'000'000);
    const Sequence expected = owned.tail.sequence.next();
    const BatchPtr outcomes = outcome_batch(id, owned.tail, owned.epoch, {next}, count);
    while (log.append_outcomes(id, owned.epoch, expected, outcomes) == Taken::full)
      bell.wait(100'000'000);
    next += count;
  }
  while (log.poll(id).sequence.value < commands_each) bell.wait(100'000'000);
}

/// Follows the outcomes of a partition as a projector does.
uint64_t follow(SegmentLog& log, PartitionId id, ThreadBell& bell) {
  uint64_t next = 1;
  while (next <= commands_each) {
    const auto batch = log.read(LogSide::outcomes, id, next, 4000);
    if (!batch) return 0;
    if (*batch == nullptr) {
      bell.wait(100'000'000);
      continue;
    }
    for (const RecordView& record : **batch)
      if (record.head.number == next) ++next;
  }
  return next - 1;
}

TEST(SegmentLogThreads, ServeOwnersAndReadersWhileTheyWriteAndRoll) {
  const TemporaryFolder folder;
  auto storage = std::move(*PosixStorage::at(folder.path()));
  SystemClock clock;
  SegmentLogOptions options = small_log_options();
  options.limits.preparer.segment_bytes = 256 << 10;
  auto log = std::move(*SegmentLog::open(*storage, clock, options));
  ThreadBell write_bell, prepare_bell;
  log->on_work(&write_bell, &prepare_bell);
  std::atomic<bool> stopping{false};
  std::thread writer([&] {
    while (!stopping) {
      const auto step = log->write_step();
      ASSERT_TRUE(step) << step.error().detail;
      if (*step != Step::worked) write_bell.wait(std::min<int64_t>(log->wake_in_ns(), 20'000'000));
    }
  });
  std::thread preparer([&] {
    while (!stopping) {
      const auto step = log->prepare_step();
      ASSERT_TRUE(step) << step.error().detail;
      if (*step != Step::worked) prepare_bell.wait(20'000'000);
    }
  });
  std::deque<ThreadBell> bells;  // they outlive the writer, which may be about to ring them
  std::vector<std::thread> owners, followers;
  std::atomic<uint64_t> followed{0};
  for (const PartitionId id : log->topology().partitions()) {
    ThreadBell& following = bells.emplace_back();
    ThreadBell& owning = bells.emplace_back();
    log->on_durable(id, &following);
    log->on_durable(id, &owning);
    followers.emplace_back([&, id] { followed += follow(*log, id, following); });
    owners.emplace_back([&, id] { own(*log, id, owning); });
  }
  for (std::thread& t : owners) t.join();
  for (std::thread& t : followers) t.join();
  stopping = true;
  write_bell.ring(), prepare_bell.ring();
  writer.join(), preparer.join();
  EXPECT_EQ(followed, commands_each * log->topology().partitions().size());
  ASSERT_TRUE(log->close());
  log.reset();
  const auto walk = walk_log(*storage);
  ASSERT_TRUE(walk) << walk.error().detail;
  EXPECT_TRUE(walk->ends_clean);
  EXPECT_EQ(walk->outcomes, commands_each * 3);
  EXPECT_GT(walk->segments, 3u);
}

}  // namespace
}  // namespace spate
