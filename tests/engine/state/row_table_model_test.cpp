// RowTable against std::map: random changes, freezes, writes, reverts, crashes, restarts.
#include <deque>
#include <map>
#include <random>

#include "tests/engine/state/row_table_fixture.hpp"

namespace spate {
namespace {

using Rows = std::map<std::string, std::string>;

/// The rows after every outcome since the last durable one, and what was written when.
class Model {
 public:
  explicit Model(uint64_t seed) : random_(seed), seed_(seed) {
    limits_.clean_bytes_max = 2000;
    open();
  }

  void run(int steps) {
    for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) step();
    SCOPED_TRACE("seed " + std::to_string(seed_));
    compare();
  }

 private:
  uint64_t pick(uint64_t n) { return random_() % n; }
  const Rows& now() const { return after_.at(table_->sequence); }

  void open() {
    table_ = std::make_unique<Table>(memory_, limits_);
    durable_ = table_->sequence;
    if (!after_.contains(durable_)) after_[durable_] = {};
    after_.erase(after_.upper_bound(durable_), after_.end());
  }

  void step() {
    SCOPED_TRACE("seed " + std::to_string(seed_));
    const uint64_t dice = pick(100);
    if (dice < 70) decide();
    else if (dice < 80) settle();
    else if (dice < 85) revert();
    else if (dice < 92) freeze();
    else if (dice < 96) write();
    else if (dice < 97) memory_.flush();
    else if (dice < 98) crash();
    else compare();
  }

  void decide() {
    Rows rows = now();
    table_->begin();
    for (uint64_t n = pick(4); n > 0; --n) {
      const std::string key = "k" + std::to_string(pick(2) ? pick(5) : pick(400));
      const HashedKey& seen = table_->seen(key, pick(3) == 0);
      const Bytes found = table_->rows.find(seen);
      EXPECT_EQ(found.data() == nullptr ? "-" : as_text(found),
                rows.contains(key) ? rows[key] : "-")
          << key;
      if (pick(4) == 0) {
        table_->rows.erase(seen);
        rows.erase(key);
      } else if (rows.contains(key) && pick(2)) {
        uint8_t* row = table_->rows.edit(seen, rows[key].size());
        for (char& c : rows[key]) *row++ = c = static_cast<char>('a' + pick(26));
      } else {
        rows[key] = std::string(pick(40), static_cast<char>('a' + pick(26)));
        table_->rows.put(seen, as_bytes(rows[key]));
      }
    }
    after_[table_->sequence] = std::move(rows);
  }
  void settle() {
    durable_ += pick(table_->sequence - durable_ + 1);
    table_->settle(durable_);
  }
  void revert() {
    const uint64_t to = durable_ + pick(table_->sequence - durable_ + 1);
    table_->revert_to(to);
    if (frozen_ > to) frozen_ = 0;
    after_.erase(after_.upper_bound(to), after_.end());
    EXPECT_EQ(table_->rows.has_frozen(), frozen_ != 0);
  }
  void freeze() {
    if (frozen_ != 0 || table_->sequence == 0) return;
    table_->freeze();
    frozen_ = table_->sequence;
  }
  void write() {
    if (frozen_ == 0 || frozen_ > durable_) return;
    const Hash128 before = table_->rows.running_digest();
    ASSERT_TRUE(table_->rows.write_frozen());
    EXPECT_EQ(table_->rows.running_digest(), before) << "written, not known as written yet";
    table_->rows.finish_frozen();
    EXPECT_EQ(table_->rows.running_digest(), before);
    frozen_ = 0;
  }
  void crash() {
    memory_.crash(pick(memory_.unflushed_batches() + 1));
    frozen_ = 0;
    open();  // at some earlier position, with exactly that position's rows
    compare();
  }
  void compare() {
    for (const auto& [key, value] : now()) EXPECT_EQ(table_->text(key), value) << key;
    for (int i = 0; i < 20; ++i) {
      const std::string key = "k" + std::to_string(pick(400));
      EXPECT_EQ(table_->text(key), now().contains(key) ? now().at(key) : "-") << key;
    }
    MemoryState other_memory;
    Table other(other_memory);
    other.begin();
    for (const auto& [key, value] : now()) other.put(key, value);
    EXPECT_EQ(table_->digest(), other.digest());
    EXPECT_EQ(table_->rows.running_digest(), other.digest());
  }

  std::mt19937_64 random_;
  uint64_t seed_;
  RowTableLimits limits_;
  MemoryState memory_;
  std::unique_ptr<Table> table_;
  std::map<uint64_t, Rows> after_;
  uint64_t durable_ = 0;
  uint64_t frozen_ = 0;
};

TEST(RowTable, AgreesWithAMapUnderRandomFreezesRevertsAndCrashes) {
  for (uint64_t seed = 1; seed <= 200 && !HasFailure(); ++seed) Model(seed).run(400);
}

}  // namespace
}  // namespace spate
