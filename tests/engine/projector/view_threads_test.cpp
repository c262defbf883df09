// Readers on their own threads beside a folding projector and a checkpointer: run it under TSan.
#include <gtest/gtest.h>

#include <thread>

#include "engine/projector/rocks_views.hpp"
#include "tests/engine/projector/projector_kit.hpp"
#include "tests/support/partition_under_test.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/log_records.hpp"

namespace spate {
namespace {

using namespace text_event;

/// Outcome n puts item k<n % 40>, and edits "n" of the same stream to n: both or none are visible.
std::vector<WrittenOutcome> outcomes_from(int first, int count) {
  std::vector<WrittenOutcome> many;
  for (int n = first; n < first + count; ++n) {
    std::string digits = std::to_string(1'000'000 + n);
    many.push_back({"s",
                    {{put_item, "k" + std::to_string(n % 40) + " " + digits},
                     {put_item, "n " + digits},
                     {put_dated, digits}}});
  }
  return many;
}

class ThreadedViews : public testing::TestWithParam<const char*> {
 protected:
  static constexpr int outcomes_count = 20'000, batch = 100;

  void SetUp() override {
    if (std::string_view(GetParam()) == "memory")
      store_ = std::make_unique<MemoryViews>();
    else
      store_ = std::move(*RocksViews::open(folder_.path(), {}));
    life_.emplace(log_, *store_,
                  ProjectorLimits{.dirty_bytes_max = 256 << 10, .unfrozen_outcomes_max = 500});
    life_->views.on_freeze(&checkpointer_bell_);
    life_->views.on_written(&projector_bell_);
    log_.on_durable(p, &projector_bell_);
  }

  bool is_done() { return life_->views.position(p).value >= outcomes_count; }
  void fold() {
    while (!is_done())
      if (life_->projector.step() != Step::worked) projector_bell_.wait(1'000'000'000);
    checkpointer_bell_.ring();
  }
  void write() {
    while (!is_done())
      if (*life_->checkpointer.step() != Step::worked) checkpointer_bell_.wait(1'000'000'000);
  }
  void read_points() {
    std::string item, number;
    uint64_t newest = 0;
    for (int n = 0; !is_done(); n = (n + 1) % 40) {
      const uint64_t position = life_->views.position(p).value;
      const bool found = *life_->views.get({p, text_view::item, "s", "n"}, number);
      if (position == 0 && !found) continue;
      ASSERT_TRUE(found);
      const uint64_t seen = std::stoull(number) - 1'000'000 + 1;
      ASSERT_GE(seen, position) << "older than the position said";
      ASSERT_GE(seen, newest) << "went back";
      newest = seen;
      if (*life_->views.get({p, text_view::item, "s", "k" + std::to_string((seen - 1) % 40)},
                            item)) {
        ASSERT_GE(item, number) << "the other half of the outcome";
      }
    }
  }
  void read_lists() {
    ListQuery query;
    query.domain = 1;
    query.view = text_view::item;
    query.stream = "s";
    while (!is_done()) {
      const uint64_t position = life_->views.position(p).value;
      const auto page = life_->views.list(query);
      ASSERT_TRUE(page.has_value());
      if (position >= 40) {
        ASSERT_EQ(page->items.size(), 41u);
      }
      ASSERT_TRUE(std::is_sorted(page->items.begin(), page->items.end(),
                                 [](const auto& a, const auto& b) { return a.key < b.key; }));
    }
  }
  void read_own_writes() {
    ThreadBell bell;
    life_->views.on_advance(&bell);
    for (uint64_t wanted = 1; wanted <= outcomes_count; wanted += 137)
      while (life_->views.position(p).value < wanted) bell.wait(60'000'000'000);
    waited_ = true;
    while (!is_done()) bell.wait(1'000'000'000);  // the bell must outlive the ringing
  }

  TemporaryFolder folder_;
  MemoryLog log_{log_topology({{"texts", 1}})};
  OutcomeLog outcomes_{log_, p};
  std::unique_ptr<ViewStore> store_;
  std::optional<ProjectorLife> life_;
  ThreadBell projector_bell_, checkpointer_bell_;
  std::atomic<bool> waited_{false};
};

TEST_P(ThreadedViews, AreWholeFreshAndInOrderForEveryReader) {
  std::thread fold([&] { this->fold(); });
  std::thread write([&] { this->write(); });
  std::thread points([&] { read_points(); });
  std::thread lists([&] { read_lists(); });
  std::thread own([&] { read_own_writes(); });
  for (int n = 0; n < outcomes_count; n += batch) outcomes_.append(outcomes_from(n, batch));
  fold.join();
  write.join();
  points.join();
  lists.join();
  own.join();
  EXPECT_TRUE(waited_) << "a wake-up was lost";
  life_->settle();
  MemoryViews empty;
  ProjectorLife fresh(log_, empty);
  fresh.settle();
  EXPECT_EQ(*life_->views.digest(p), *fresh.views.digest(p));
}

INSTANTIATE_TEST_SUITE_P(Stores, ThreadedViews, testing::Values("memory", "rocks"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace spate
