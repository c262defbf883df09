// MoveMark: what a directory says of a move survives power cuts; what is not whole lets nobody in.
#include "engine/log/move_mark.hpp"

#include <gtest/gtest.h>

#include "tests/support/simulated_disk.hpp"

namespace spate {
namespace {

using State = MoveMark::State;

TEST(MoveMark, IsReadAsItWasWrittenAndGoes) {
  SimulatedDisk disk(1);
  EXPECT_EQ(read_move_mark(disk)->state, State::none);
  EXPECT_TRUE(check_not_moved(disk));
  ASSERT_TRUE(write_move_mark(disk, {State::arriving, "a cluster with a long name (one:1,two:2)"}));
  EXPECT_EQ(read_move_mark(disk)->state, State::arriving);
  EXPECT_EQ(check_not_moved(disk).error().code, "log_arriving");
  ASSERT_TRUE(write_move_mark(disk, {State::moved, "a cluster"}));  // shorter
  EXPECT_EQ(read_move_mark(disk)->state, State::moved);
  EXPECT_EQ(read_move_mark(disk)->place, "a cluster");
  const Fault fault = check_not_moved(disk).error();
  EXPECT_EQ(fault.code, "log_moved");
  EXPECT_NE(fault.detail.find("a cluster"), std::string::npos);
  ASSERT_TRUE(remove_move_mark(disk));
  ASSERT_TRUE(remove_move_mark(disk));
  EXPECT_TRUE(check_not_moved(disk));
}

/// At any instant the directory is as before, refused, or marked; once told, it is marked.
TEST(MoveMark, APowerCutNeverLetsAMarkedDirectoryBeServed) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    for (uint64_t cut = 1; cut < 8; ++cut) {
      SimulatedDisk disk(seed);
      ASSERT_TRUE(write_move_mark(disk, {State::arriving, "somewhere with a name"}));
      disk.cut_power_after(cut);
      const bool told = write_move_mark(disk, {State::moved, "elsewhere"}).has_value();
      disk.cut_power();
      disk.restart();
      const auto served = check_not_moved(disk);
      ASSERT_FALSE(served) << seed << " " << cut;
      if (told) {
        ASSERT_EQ(served.error().code, "log_moved");
      }
    }
  }
}

TEST(MoveMark, ADamagedOneIsNotTakenForNone) {
  SimulatedDisk disk(3);
  ASSERT_TRUE(write_move_mark(disk, {State::moved, "x"}));
  const uint64_t bits = disk.content("MOVE").size() * 8;
  const auto whole = disk.image();
  for (uint64_t bit = 0; bit < bits; ++bit) {
    disk.load(whole);
    disk.flip_bit("MOVE", bit);
    EXPECT_FALSE(check_not_moved(disk)) << bit;
  }
  disk.load(whole);
  disk.cut_file("MOVE", 0);
  EXPECT_EQ(check_not_moved(disk).error().code, "move_mark");
}

}  // namespace
}  // namespace spate
