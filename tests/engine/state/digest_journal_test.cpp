// DigestJournal: what it recalls after crashes and damage, and how far back when it is full.
#include "engine/state/digest_journal.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "engine/base/hash_sum.hpp"
#include "tests/support/temporary_folder.hpp"

namespace spate {
namespace {

constexpr std::size_t head_bytes = 32, point_bytes = 48;

class Journal : public testing::Test {
 protected:
  Journal() : path_(scratch_path("journal") + "/one") { forget(); }
  ~Journal() override { forget(); }
  void forget() const { std::filesystem::remove_all(scratch_path("journal")); }

  static Checkpoint at(uint64_t sequence, uint64_t digest = 0, uint32_t version = 1) {
    Checkpoint c;
    c.sequence = {sequence};
    c.chain = sequence * 7;
    c.logic_version = version;
    c.digest = Hash128{digest == 0 ? sequence * 3 : digest, 5};
    return c;
  }
  void record(std::initializer_list<uint64_t> sequences) const {
    DigestJournal journal(path_);
    journal.open();
    for (const uint64_t sequence : sequences) ASSERT_TRUE(journal.add(at(sequence)));
  }
  /// `1 2 3`, or what the note says before it.
  std::string recalled(uint32_t version = 1) const {
    DigestJournal journal(path_);
    std::string text = journal.open();
    for (const DigestPoint& point : journal.points({}, 0, version)) {
      EXPECT_EQ(point, point_of(at(point.sequence.value, 0, version)));
      text += (text.empty() ? "" : " ") + std::to_string(point.sequence.value);
    }
    return text;
  }
  void resize_to(std::size_t bytes) const { std::filesystem::resize_file(path_, bytes); }
  void flip(std::size_t byte, uint8_t bit) const {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(byte));
    const char old = static_cast<char>(file.get());
    file.seekp(static_cast<std::streamoff>(byte));
    file.put(static_cast<char>(old ^ (1 << bit)));
  }

  const std::string path_;
};

TEST_F(Journal, RecallsWhatItRecordedInTheOrderOfOutcomes) {
  record({10, 30});
  record({20});  // folded again after a crash, with a checkpoint elsewhere
  record({40});
  EXPECT_EQ(recalled(), "10 20 30 40");
}

TEST_F(Journal, PassesOverWhatACrashLeftAtTheEnd) {
  record({1, 2, 3});
  for (std::size_t bytes = head_bytes + 2 * point_bytes; bytes < head_bytes + 3 * point_bytes;
       ++bytes) {
    resize_to(bytes);
    ASSERT_EQ(recalled(), "1 2") << bytes;
    resize_to(head_bytes + 3 * point_bytes);  // zeros at the end, as after a power cut
    ASSERT_EQ(recalled(), "1 2") << bytes;
    forget();
    record({1, 2, 3});
  }
  resize_to(head_bytes + 2 * point_bytes + 5);
  record({4});
  EXPECT_EQ(recalled(), "1 2 4");
}

TEST_F(Journal, NeverUsesAPointWithAFlippedBitAndSaysSo) {
  record({1, 2, 3});
  for (std::size_t byte = head_bytes + point_bytes; byte < head_bytes + 2 * point_bytes; ++byte) {
    flip(byte, byte % 8);
    const std::string said = recalled();
    ASSERT_NE(said.find("one: 1 recorded digests fail their checksum"), std::string::npos) << said;
    ASSERT_TRUE(said.ends_with(" 1 3")) << said;
    flip(byte, byte % 8);
  }
  flip(2, 1);
  EXPECT_NE(recalled().find("is no journal of digests"), std::string::npos);
  record({9});
  EXPECT_EQ(recalled(), "9");
}

TEST_F(Journal, RefusesAnotherDigestOfTheSameOutcomes) {
  record({1, 2});
  DigestJournal journal(path_);
  journal.open();
  EXPECT_TRUE(journal.add(at(2)));
  const auto added = journal.add(at(2, 99));
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().code, "state_differs");
  EXPECT_NE(added.error().detail.find("at outcome 2"), std::string::npos);
  EXPECT_FALSE(journal.compare(at(1, 99)));
  for (const Hash128 other : {Hash128{3, 6}, Hash128{4, 5}}) {  // either half may differ alone
    Checkpoint differs = at(1);
    differs.digest = other;
    EXPECT_FALSE(journal.compare(differs));
  }
  EXPECT_TRUE(journal.compare(at(1)));
  Checkpoint other_history = at(2, 99);
  other_history.chain = 1;
  EXPECT_TRUE(journal.compare(other_history));
  EXPECT_TRUE(journal.compare(at(2, 99, 2))) << "other code";
  EXPECT_EQ(recalled(), "1 2");
}

TEST_F(Journal, ForgetsWhatOtherCodeFolded) {
  record({1, 2});
  DigestJournal journal(path_);
  journal.open();
  EXPECT_TRUE(journal.points({}, 0, 2).empty());
  ASSERT_TRUE(journal.add(at(1, 0, 2)));
  EXPECT_EQ(recalled(1), "");
  EXPECT_EQ(recalled(2), "1");
}

TEST_F(Journal, ThinsTheOlderPointsAndKeepsTheFirst) {
  DigestJournal journal(path_);
  journal.open();
  for (uint64_t i = 1; i <= 20 * DigestJournal::points_max; ++i) ASSERT_TRUE(journal.add(at(i)));
  const std::size_t room = head_bytes + DigestJournal::points_max * point_bytes;
  EXPECT_LE(std::filesystem::file_size(path_), room);
  DigestJournal again(path_);
  EXPECT_EQ(again.open(), "");
  const auto points = again.points({}, 0, 1);
  EXPECT_EQ(points, journal.points({}, 0, 1));
  EXPECT_GE(points.size(), DigestJournal::points_max / 2);
  EXPECT_EQ(points.front().sequence.value, 1u);
  EXPECT_EQ(points[points.size() - 100].sequence.value, points.back().sequence.value - 99);
  // Nowhere is the gap much more than what lies behind it.
  for (std::size_t i = 1; i + 1 < points.size(); ++i)
    EXPECT_LE(points[i + 1].sequence.value - points[i].sequence.value,
              points.back().sequence.value - points[i].sequence.value / 2);
}

TEST_F(Journal, GoesOnWithoutTheDisk) {
  DigestJournal journal(path_);
  journal.open();
  ASSERT_TRUE(journal.add(at(1)));
  std::filesystem::remove_all(scratch_path("journal"));
  std::ofstream(scratch_path("journal")) << "a file where the folder was";
  ASSERT_TRUE(journal.add(at(2)));
  std::filesystem::remove(scratch_path("journal"));
  ASSERT_TRUE(journal.add(at(3)));
  EXPECT_EQ(recalled(), "1 2 3");
}

TEST(HashSum, IsTheSameInAnyOrderAndTakesBackWhatLeaves) {
  const auto text = [](std::string_view s) { return as_bytes(s); };
  HashSum one, other;
  one.add("a", text("1"));
  one.add("b", text("2"));
  other.add("b", text("2"));
  other.add("c", text(""));
  other.add("a", text("0"));
  EXPECT_NE(one, other);
  other.remove("a", text("0"));
  other.add("a", text("1"));
  other.remove("c", text(""));
  EXPECT_EQ(one, other);
  HashSum traded;
  traded.add("a", text("2"));
  traded.add("b", text("1"));
  EXPECT_NE(one, traded);
  HashSum carries(Hash128{7, ~uint64_t{0}});
  carries += HashSum(Hash128{0, 1});
  EXPECT_EQ(carries.value(), (Hash128{8, 0}));
  carries -= HashSum(Hash128{0, 1});
  EXPECT_EQ(carries.value(), (Hash128{7, ~uint64_t{0}}));
}

/// Another log at the same place: its outcomes have the same numbers, and nothing else.
TEST_F(Journal, ForgetsWhatWasFoldedFromAnotherLog) {
  record({1, 2, 3});
  for (const LogIdentity& log : {LogIdentity{{1, 0}, 0}, LogIdentity{{0, 1}, 0},
                                 LogIdentity{{0, 0}, 1}}) {
    DigestJournal other(path_, log);
    EXPECT_EQ(other.open(), "");
    EXPECT_TRUE(other.points({}, 0, 1).empty());
    EXPECT_TRUE(other.compare(at(2, 99)));
  }
  EXPECT_EQ(recalled(), "1 2 3") << "who only looked has changed nothing";
  const LogIdentity log{{4, 5}, 6};
  DigestJournal other(path_, log);
  other.open();
  ASSERT_TRUE(other.add(at(2, 99)));
  EXPECT_EQ(recalled(), "");
  DigestJournal again(path_, log);
  again.open();
  ASSERT_EQ(again.points({}, 0, 1).size(), 1u);
  EXPECT_EQ(again.points({}, 0, 1)[0], point_of(at(2, 99)));
}

/// A restore goes back and lives on otherwise.
TEST_F(Journal, ForgetsAnotherHistoryOfTheSameOutcome) {
  record({1, 2});
  DigestJournal journal(path_);
  journal.open();
  Checkpoint other = at(2, 99);
  other.chain = 1;
  ASSERT_TRUE(journal.add(other));
  DigestJournal again(path_);
  again.open();
  EXPECT_TRUE(again.compare(other));
  other.digest = Hash128{7, 7};
  EXPECT_FALSE(again.compare(other)) << "it is what is recorded now";
  EXPECT_TRUE(again.compare(at(2, 98))) << "the other history is nobody's any more";
}

}  // namespace
}  // namespace spate
