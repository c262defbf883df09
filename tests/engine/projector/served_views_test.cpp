// ServedViews: readers move between generations while they read; what they left may be destroyed.
#include "engine/projector/served_views.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "tests/engine/projector/projector_kit.hpp"
#include "tests/support/log_records.hpp"
#include "tests/support/partition_under_test.hpp"

namespace spate {
namespace {

/// A generation that holds one item, its own number.
struct NumberedViews {
  explicit NumberedViews(const Topology& topology, uint64_t number)
      : text(std::to_string(number)), views(topology, {text_domain()}, store) {
    std::string key;
    view_key(p, ViewScope::item, {text_view::item, "n"}, "s", key);
    const ViewWrite write{key, as_bytes(text)};
    Checkpoint at;
    at.sequence = {number};
    ENSURE(store.write(p, {&write, 1}, at).has_value());
    views.partition(p).start_at(at.sequence);
  }
  ~NumberedViews() { text = "destroyed"; }
  std::string text;
  MemoryViews store;
  ProjectedViews views;
};

TEST(ServedViews, NobodyReadsAGenerationThatIsGoneOrStepsBack) {
  constexpr uint64_t generations_count = 300;
  const Topology topology = log_topology({{"texts", 1}});
  ServedViews served(topology);
  auto serving = std::make_unique<NumberedViews>(topology, 1);
  served.serve(1, serving->views);
  std::atomic<bool> done{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i)
    readers.emplace_back([&] {
      std::string value;
      for (uint64_t newest = 0; !done;) {
        const uint64_t position = served.position(p).value;
        ASSERT_GE(position, newest);
        ASSERT_TRUE(*served.get({p, text_view::item, "s", "n"}, value));
        newest = std::stoull(value);
        ASSERT_GE(newest, position);
        ASSERT_EQ(served.stopped(p), "");
      }
    });
  for (uint64_t number = 2; number <= generations_count; ++number) {
    auto next = std::make_unique<NumberedViews>(topology, number);
    served.serve(1, next->views);
    ServedViews::Farewell farewell(served);
    while (!farewell.over()) std::this_thread::yield();
    serving = std::move(next);
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(served.position(p).value, generations_count);
}

TEST(ServedViews, AFarewellIsNotOverWhileSomebodyReads) {
  const Topology topology = log_topology({{"texts", 1}});
  ServedViews served(topology);
  NumberedViews only(topology, 1);
  served.serve(1, only.views);
  ListQuery query;
  query.domain = 1;
  query.view = text_view::item;
  query.stream = "s";
  ServedViews::Farewell farewell(served);
  bool was_over = true;
  query.keep = [&](Bytes) { return was_over = farewell.over(), true; };
  ASSERT_EQ(served.list(query)->items.size(), 1u);
  EXPECT_FALSE(was_over);
  EXPECT_TRUE(farewell.over());
}

}  // namespace
}  // namespace spate
