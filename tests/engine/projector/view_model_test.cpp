// Random outcomes, freezes, writes, crashes and restarts against a model made of maps.
#include <gtest/gtest.h>

#include <random>

#include "engine/projector/rocks_views.hpp"
#include "engine/projector/view_digest.hpp"
#include "tests/engine/projector/projector_kit.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/log_records.hpp"

namespace spate {
namespace {

using namespace text_event;
constexpr uint16_t partitions = 3;

class ViewModel {
 public:
  /// `crash` gives the store as a crash leaves it.
  ViewModel(uint64_t seed, ViewStore& store, std::function<void(std::mt19937_64&)> crash)
      : random_(seed), store_(store), crash_store_(std::move(crash)) {
    for (uint16_t i = 0; i < partitions; ++i)
      outcomes_.push_back(std::make_unique<OutcomeLog>(log_, PartitionId{1, i}));
    start();
  }

  void run(int steps) {
    for (int n = 0; n < steps && !testing::Test::HasFailure(); ++n) step();
    settle();
    compare_all();
    compare_digests();
  }

 private:
  uint64_t below(uint64_t n) { return random_() % n; }
  std::string name(const char* kind, uint64_t n) { return kind + std::to_string(below(n)); }

  void start() {
    life_.reset();
    life_.emplace(log_, store_, ProjectorLimits{.dirty_bytes_max = 1 << 20}, text_domain(),
                  journals_.path());
    ASSERT_TRUE(life_->opened->empty());
  }
  void settle() { life_->settle(); }

  void step() {
    switch (below(20)) {
      case 0:
        life_->projector.freeze_all();
        break;
      case 1:
        EXPECT_TRUE(life_->checkpointer.step().has_value());
        break;
      case 2:
        life_->projector.step();
        break;
      case 3:
        life_->fold();
        compare_page();
        break;
      case 4:
        life_->fold();
        compare_get();
        break;
      case 5:
        compare_sums();
        if (below(10) == 0) crash();
        break;
      default:
        outcome();
    }
  }

  void crash() {
    life_.reset();
    crash_store_(random_);
    start();
  }

  /// A few changes of one stream; the model is changed alike.
  void outcome() {
    const std::string stream = name("s", 20);
    std::vector<WrittenEvent> events;
    for (uint64_t n = below(4) + 1; n > 0; --n) {
      const std::string value = std::to_string(random_());
      const std::string key = name("k", 30);
      if (below(4) == 0) {
        events.push_back({erase_item, key});
        items_[stream].erase(key);
      } else {
        events.push_back({put_item, key + " " + value});
        items_[stream][key] = value;
      }
      if (below(3) == 0) {
        events.push_back({put_dated, value});
        const auto index = partition_of(stream, partitions);
        const int64_t at = outcomes_[index]->tail().time.ns + OutcomeLog::second_ns;
        dated_.try_emplace(stream, at, "").first->second.second = value;
      }
    }
    outcomes_[partition_of(stream, partitions)]->accept(stream, events);
  }

  void compare_get() {
    const std::string stream = name("s", 20), key = name("k", 30);
    const auto& items = items_[stream];
    const auto found = items.find(key);
    const PartitionId p{1, static_cast<uint16_t>(partition_of(stream, partitions))};
    EXPECT_EQ(life_->get(p, text_view::item, stream, key),
              found == items.end() ? "none" : found->second);
  }

  void compare_page() {
    const std::string stream = name("s", 20), after = below(2) == 0 ? "" : name("k", 30);
    ListQuery query = query_of(text_view::item);
    query.stream = stream;
    query.after = after;
    query.limit = below(5) + 1;
    std::string expected;
    std::size_t count = 0;
    for (const auto& [key, value] : items_[stream])
      if (key > after && count++ < query.limit) expected += key + "=" + value + " ";
    const std::string page = life_->list(query);
    EXPECT_EQ(page.substr(0, page.find('|')), expected) << stream << " after " << after;
  }

  static ListQuery query_of(uint8_t view) {
    ListQuery query;
    query.domain = 1;
    query.view = view;
    return query;
  }

  void compare_all() {
    for (const auto& [stream, items] : items_) {
      std::string expected;
      for (const auto& [key, value] : items) expected += key + "=" + value + " ";
      ListQuery query = query_of(text_view::item);
      query.stream = stream;
      EXPECT_EQ(life_->list(query), expected + "| ");
    }
    std::map<std::pair<int64_t, std::string>, std::string> newest;
    for (const auto& [stream, dated] : dated_) newest[{-dated.first, stream}] = dated.second;
    std::string expected;
    for (const auto& [place, value] : newest) expected += place.second + "=" + value + " ";
    EXPECT_EQ(life_->list(query_of(text_view::dated)), expected + "| ");
  }

  void compare_digests() {
    MemoryViews empty;
    ProjectorLife fresh(log_, empty);
    fresh.settle();
    for (uint16_t i = 0; i < partitions; ++i) {
      EXPECT_EQ(*life_->views.digest({1, i}), *fresh.views.digest({1, i})) << i;
      EXPECT_EQ(life_->views.stopped({1, i}), "") << "it met what was recorded before crashes";
    }
    life_->checkpoint();
    compare_sums();
  }

  /// What is kept up to date, against all views.
  void compare_sums() {
    for (const auto& partition : life_->views.partitions()) {
      HashSum sum;
      ASSERT_TRUE(each_view(*partition, 5, [&](std::string_view key, std::string_view value) {
        sum.add(key, as_bytes(value));
      }));
      EXPECT_EQ(partition->running_digest(), sum.value());
    }
  }

  std::mt19937_64 random_;
  const TemporaryFolder journals_;
  MemoryLog log_{log_topology({{"texts", partitions}})};
  std::vector<std::unique_ptr<OutcomeLog>> outcomes_;
  ViewStore& store_;
  const std::function<void(std::mt19937_64&)> crash_store_;
  std::optional<ProjectorLife> life_;
  std::map<std::string, std::map<std::string, std::string>> items_;
  std::map<std::string, std::pair<int64_t, std::string>> dated_;
};

TEST(Views, AgreeWithAModelOverFreezesWritesAndCrashes) {
  for (uint64_t seed = 1; seed <= 30 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    MemoryViews store;
    const auto crash = [&](std::mt19937_64& random) {
      store.crash(random() % (store.unflushed() + 1));
    };
    ViewModel(seed, store, crash).run(800);
  }
}

TEST(Views, AgreeWithAModelOverRocksDbAndRestarts) {
  for (uint64_t seed = 1; seed <= 5 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    TemporaryFolder folder;
    const auto store = std::move(*RocksViews::open(folder.path(), {}));
    ViewModel(seed, *store, [](std::mt19937_64&) {}).run(800);
  }
}

}  // namespace
}  // namespace spate
