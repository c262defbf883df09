// Shipping: what is in the depot when, at what rate, and what remains of it.
#include "engine/shipping/shipped_list.hpp"
#include "tests/engine/shipping/shipping_kit.hpp"

namespace spate {
namespace {

using CheckpointShipping = Shipping;

std::size_t count_of(Depot& depot, const std::string& folder) {
  const auto listed = depot.list(folder);
  EXPECT_TRUE(listed);
  return listed ? listed->size() : 0;
}

TEST_F(CheckpointShipping, BringsAllFilesToANewNode) {
  DirectoryDepot depot(depot_path());
  CheckpointShipper shipper(shipper_parts(depot));
  ship(shipper);
  EXPECT_EQ(settled, 1);
  const auto found = fetch(depot, "second");
  ASSERT_TRUE(found) << told;
  EXPECT_EQ(found->by, "first");
  for (const auto& [path, text] : files) EXPECT_EQ(in("second", path), text) << path;
  EXPECT_FALSE(std::filesystem::exists(data("second") + "/fetched"));
  EXPECT_FALSE(std::filesystem::exists(data("first") + "/shipped"));
}

TEST_F(CheckpointShipping, SendsWhatIsThereAlreadyNoSecondTime) {
  DirectoryDepot depot(depot_path());
  CheckpointShipper shipper(shipper_parts(depot));
  files["rows/big.sst"] = std::string(3 << 20, 'x');
  ship(shipper);
  const uint64_t before = shipper.stats().bytes.get();
  EXPECT_GT(before, 3u << 20);
  files["rows/3.sst"] = "rows two";
  position = 20;
  ship(shipper);
  EXPECT_EQ(shipper.stats().checkpoints.get(), 2u);
  EXPECT_EQ(shipper.stats().bytes.get(), before + files["rows/3.sst"].size());
}

TEST_F(CheckpointShipping, KeepsItsRate) {
  DirectoryDepot depot(depot_path());
  files["rows/big.sst"] = std::string(32 << 20, 'x');
  limits.bytes_per_second_max = 4 << 20;
  limits.settle_ns = 0;
  CheckpointShipper shipper(shipper_parts(depot));
  const int64_t begun = clock.monotonic_ns();
  while (shipper.stats().checkpoints.get() == 0)
    if (shipper.step() == Step::blocked) clock.advance_ns(second / 100);
  const int64_t took = clock.monotonic_ns() - begun;  // read once, written once: 64 MiB
  EXPECT_GE(took, 15 * second);
  EXPECT_LE(took, 18 * second);
}

TEST_F(CheckpointShipping, NothingNewIsNotShippedAgain) {
  DirectoryDepot depot(depot_path());
  CheckpointShipper shipper(shipper_parts(depot));
  ship(shipper);
  ship(shipper);
  EXPECT_EQ(shipper.stats().checkpoints.get(), 1u);
  EXPECT_EQ(shipper.stats().failed.get(), 0u);
}

TEST_F(CheckpointShipping, OneNodeShipsForAll) {
  DirectoryDepot depot(depot_path());
  CheckpointShipper first(shipper_parts(depot)), second_one(shipper_parts(depot));
  ship(first);
  position = 20;
  clock.advance_ns(limits.interval_ns / 2);
  const int64_t until = clock.monotonic_ns() + limits.interval_ns / 3;
  while (clock.monotonic_ns() < until)
    if (second_one.step() == Step::blocked) clock.advance_ns(second);
  EXPECT_EQ(second_one.stats().checkpoints.get(), 0u) << "the other one's is new enough";
  may_ship = false;
  clock.advance_ns(2 * limits.interval_ns);
  EXPECT_EQ(second_one.step(), Step::blocked);
  EXPECT_EQ(settled, 1);
}

TEST_F(CheckpointShipping, KeepsTheNewestAndWhatTheyName) {
  DirectoryDepot depot(depot_path());
  limits.keep = 2;
  limits.stray_age_ns_min = 0;
  CheckpointShipper shipper(shipper_parts(depot));
  for (int i = 1; i <= 4; ++i) {
    files["rows/1.sst"] = "rows " + std::to_string(i);
    position = 10 * i;
    ship(shipper);
  }
  ASSERT_EQ(shipper.stats().checkpoints.get(), 4u) << told;
  EXPECT_EQ(count_of(depot, checkpoints_folder(log, 1)), 2u);
  EXPECT_EQ(count_of(depot, files_folder(log, 1)), files.size() + 1);
  ASSERT_TRUE(fetch(depot, "second"));
  EXPECT_EQ(in("second", "rows/1.sst"), "rows 4");
}

TEST_F(CheckpointShipping, LeavesYoungStraysToWhoeverShipsThem) {
  DirectoryDepot depot(depot_path());
  const std::string stray = files_folder(log, 1) + "/0123-4";
  {
    auto writer = depot.write(stray);
    ASSERT_TRUE(writer && (*writer)->append(as_bytes("else")) && (*writer)->publish());
  }
  CheckpointShipper shipper(shipper_parts(depot));
  ship(shipper);
  EXPECT_TRUE(depot.read(stray));
  limits.stray_age_ns_min = 0;
  position = 20;
  CheckpointShipper later(shipper_parts(depot));
  clock.advance_ns(limits.interval_ns);
  ship(later);
  EXPECT_FALSE(depot.read(stray));
}

TEST_F(CheckpointShipping, WhatItsFormatCallsRottenIsNotShipped) {
  DirectoryDepot depot(depot_path());
  rotten = "2.sst";
  CheckpointShipper shipper(shipper_parts(depot));
  ship(shipper);
  EXPECT_EQ(shipper.stats().checkpoints.get(), 0u);
  EXPECT_NE(told.find("2.sst is rotten"), std::string::npos) << told;
  EXPECT_FALSE(fetch(depot, "second"));
}

TEST_F(CheckpointShipping, EndingAtAnyCallLeavesTheOneBeforeOrTheWholeNewOne) {
  DirectoryDepot disk(depot_path());
  CheckpointShipper first(shipper_parts(disk));
  ship(first);
  clock.advance_ns(2 * limits.interval_ns);
  files["rows/1.sst"] = "rows two";
  position = 20;
  bool ended = false;
  for (uint64_t call = 0; !ended; ++call) {
    ASSERT_LT(call, 1000u);
    FailingDepot depot(disk);
    depot.fails_from = call;
    CheckpointShipper shipper(shipper_parts(depot));
    ship(shipper);
    ended = shipper.stats().failed.get() == 0;
    const std::string node = "node-" + std::to_string(call);
    ASSERT_TRUE(fetch(disk, node)) << call << told;
    const std::string rows = in(node, "rows/1.sst");
    EXPECT_TRUE(rows == "rows one" || rows == "rows two") << call;
    if (ended) {
      EXPECT_EQ(rows, "rows two");
    }
    if (shipper.stats().checkpoints.get() > 0) clock.advance_ns(2 * limits.interval_ns);
  }
}

}  // namespace
}  // namespace spate
