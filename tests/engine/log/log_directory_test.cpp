// What a log directory may and may not become between two starts (B7), and who may write to it.
#include <gtest/gtest.h>
#include <unistd.h>

#include "engine/base/crc32c.hpp"
#include "engine/log/log_walk.hpp"
#include "engine/log/posix_storage.hpp"
#include "tests/support/log_world.hpp"
#include "tests/support/partition_under_test.hpp"
#include "tests/support/temporary_folder.hpp"

namespace spate {
namespace {

TEST(LogDirectory, RefusesAnotherPartitionCountAndTakesAnotherDomain_B7) {
  SimulatedDisk disk(1);
  VirtualClock clock;
  SegmentLogOptions options = small_log_options();
  ASSERT_TRUE(SegmentLog::open(disk, clock, options));
  options.domains[0].partitions = 3;
  const auto before = disk.image();
  const auto refused = SegmentLog::open(disk, clock, options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "partition_count");
  EXPECT_NE(refused.error().detail.find("made with 2 partitions of redemptions, now 3"),
            std::string::npos);
  EXPECT_EQ(disk.image(), before);

  options.domains = {{"orders", 4}, {"redemptions", 2}};
  const auto opened = SegmentLog::open(disk, clock, options);
  ASSERT_TRUE(opened) << opened.error().detail;
  EXPECT_EQ((*opened)->topology().find("redemptions")->number, 1);
  EXPECT_EQ((*opened)->topology().find("coupons")->number, 2);
  EXPECT_EQ((*opened)->topology().find("orders")->number, 3);
}

TEST(LogDirectory, KeepsItsPartitionCountWhenNobodyAsksForAnother_B7) {
  SimulatedDisk disk(1);
  VirtualClock clock;
  SegmentLogOptions options = small_log_options();
  ASSERT_TRUE(SegmentLog::open(disk, clock, options));
  options.domains = {{"redemptions", 8, true}, {"orders", 5, true}};
  const auto opened = SegmentLog::open(disk, clock, options);
  ASSERT_TRUE(opened) << opened.error().detail;
  EXPECT_EQ((*opened)->topology().find("redemptions")->partitions, 2);
  EXPECT_EQ((*opened)->topology().find("orders")->partitions, 5) << "made just now";
}

TEST(LogDirectory, GoesOnWithADomainThatOlderSegmentsDoNotKnow_B7) {
  SimulatedDisk disk(1);
  VirtualClock clock;
  SegmentLogOptions options = small_log_options();
  for (int life = 0; life < 3; ++life) {
    auto log = *SegmentLog::open(disk, clock, options);
    const PartitionId id{static_cast<uint16_t>(1 + life), 0};
    ASSERT_TRUE(log->acquire(id));
    ASSERT_EQ(log->append_commands(id, command_batch(id, {1}, 2)), Taken::yes);
    ASSERT_TRUE(log->close());
    options.domains.push_back({"orders" + std::to_string(life), 1});
  }
  const auto walk = walk_log(disk);
  ASSERT_TRUE(walk) << walk.error().detail;
  EXPECT_EQ(walk->commands, 6u);
}

TEST(LogDirectory, RefusesAnUnknownFormat_B7) {
  SimulatedDisk disk(1);
  VirtualClock clock;
  ASSERT_TRUE(SegmentLog::open(disk, clock, small_log_options()));
  auto image = disk.image();
  std::string text = "spate log 2\nwhatever comes\n";
  char crc[16];
  std::snprintf(crc, sizeof crc, "%08x", crc32c(as_bytes(text)));
  text += std::string("crc ") + crc + "\n";
  image["MANIFEST.2"] = {text.begin(), text.end()};
  disk.load(image);
  const auto refused = SegmentLog::open(disk, clock, small_log_options());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "log_format");
  EXPECT_EQ(disk.image(), image);
}

TEST(LogDirectory, StaysAsItIsWhenItLostItsManifest) {
  LogWorld world(1, 0);
  ASSERT_TRUE(world.start());
  ASSERT_TRUE(world.close());
  ASSERT_TRUE(world.start());
  world.append(p, 3, 900);
  world.settle();
  ASSERT_TRUE(world.close());
  ASSERT_TRUE(world.disk().image().contains(segment_name(1)));
  world.disk().lose_file("MANIFEST.1");
  const auto before = world.disk().image();
  const auto refused = world.start();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "log_rot");
  EXPECT_EQ(world.disk().image(), before) << "the manifest may yet come back from a copy";
}

TEST(LogDirectory, RefusesASecondWriter) {
  SimulatedDisk disk(1);
  VirtualClock clock;
  const auto first = SegmentLog::open(disk, clock, small_log_options());
  ASSERT_TRUE(first);
  const auto second = SegmentLog::open(disk, clock, small_log_options());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, "log_in_use");
}

TEST(LogDirectory, NamesASegmentThatIsMissingInTheMiddle) {
  LogWorld world(1, 0);
  ASSERT_TRUE(world.start());
  for (int i = 0; i < 60; ++i) {
    world.append(p, 3, 900);
    world.settle();
  }
  ASSERT_TRUE(world.close());
  ASSERT_TRUE(world.disk().image().contains(segment_name(5)));
  world.disk().lose_file(segment_name(3));
  const auto refused = world.start();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "segment_missing");
  EXPECT_NE(refused.error().detail.find("segment-0000000000000003.log"), std::string::npos);
}

TEST(LogDirectory, NamesASegmentThatWasCutInTheMiddle) {
  LogWorld world(1, 0);
  ASSERT_TRUE(world.start());
  for (int i = 0; i < 60; ++i) {
    world.append(p, 3, 900);
    world.settle();
  }
  ASSERT_TRUE(world.close());
  world.disk().cut_file(segment_name(3), 4 * block_bytes);
  const auto refused = world.start();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "log_rot");
  EXPECT_NE(refused.error().detail.find("segment-0000000000000003.log at 16384"),
            std::string::npos)
      << refused.error().detail;
}

TEST(LogDirectory, OnPosixNamesTheProcessThatHoldsIt) {
  const TemporaryFolder folder;
  const auto storage = PosixStorage::at(folder.path());
  ASSERT_TRUE(storage);
  {
    const auto held = (*storage)->lock();
    ASSERT_TRUE(held);
    const auto second = (*storage)->lock();
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, "log_in_use");
    EXPECT_NE(second.error().detail.find("process " + std::to_string(getpid())), std::string::npos);
  }
  EXPECT_TRUE((*storage)->lock());
}

TEST(LogDirectory, OnPosixThatCannotBeWrittenIsNamed) {
  const auto storage = PosixStorage::at("/proc/self");  // read-only for root too
  ASSERT_TRUE(storage);
  VirtualClock clock;
  const auto refused = SegmentLog::open(**storage, clock, small_log_options());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().action, FaultAction::stop);
  EXPECT_NE(refused.error().detail.find("/proc/self/LOCK"), std::string::npos);
  EXPECT_FALSE(PosixStorage::at("/proc/self/no/such"));
}

}  // namespace
}  // namespace spate
