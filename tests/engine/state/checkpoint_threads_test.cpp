// Writing frozen rows and ids on another thread while the owner goes on: nothing is lost (C1).
#include <filesystem>
#include <thread>

#include "engine/state/id_table.hpp"
#include "tests/engine/state/numbered_ids.hpp"
#include "tests/engine/state/row_table_fixture.hpp"
#include "tests/support/temporary_folder.hpp"

namespace spate {
namespace {

TEST(RowTable, IsWrittenByAnotherThreadWhileItsOwnerGoesOn) {
  const std::string filter = scratch_path("threads_filter");
  std::filesystem::remove(filter);
  MemoryState memory;
  uint64_t last = 0;
  {
    Table t(memory, {.clean_bytes_max = 20'000, .filter_path = filter});
    const auto decide = [&t] {
      t.begin().set("hot", t.sequence).set("row" + std::to_string(t.sequence % 5000), t.sequence);
    };
    for (int round = 0; round < 12; ++round) {
      decide();
      t.freeze().settle(t.sequence);
      std::thread writer([&] { EXPECT_TRUE(t.rows.write_frozen()); });
      for (int i = 0; i < 2000; ++i) {
        decide();
        if (i % 100 == 0) t.begin().set("lost", 1).revert_to(t.sequence - 1);
        ASSERT_EQ(t.number("hot"), std::to_string(t.sequence));
        if (i % 7 == 0) t.text("never" + std::to_string(i));
        ASSERT_GT(t.rows.memory_bytes(), 0u);
      }
      writer.join();
      t.rows.finish_frozen();
    }
    last = t.sequence;
    t.write();
  }
  Table t(memory, {.filter_path = filter});
  EXPECT_EQ(t.rows.note(), "");
  EXPECT_EQ(t.number("hot"), std::to_string(last));
  EXPECT_EQ(t.number("lost"), "-");
  for (uint64_t n = last - 4999; n <= last; ++n)
    ASSERT_EQ(t.number("row" + std::to_string(n % 5000)), std::to_string(n));
}

TEST(IdTable, IsWrittenByAnotherThreadWhileItsOwnerGoesOn) {
  const std::string directory = scratch_path("threads_ids");
  std::filesystem::remove_all(directory);
  uint64_t last = 0;
  {
    IdTable ids(directory, {});
    ASSERT_TRUE(ids.open());
    for (int round = 0; round < 10; ++round) {
      for (int i = 0; i < 2000; ++i) ids.insert(id_of(last), {{last + 1}, 0}), ++last;
      ids.freeze({last});
      ids.settle({last});
      std::thread writer([&] { EXPECT_TRUE(ids.write_frozen()); });
      for (int i = 0; i < 2000; ++i) {
        ids.prefetch(id_of(last));
        EXPECT_FALSE(*ids.find(id_of(last)));
        ids.insert(id_of(last), {{last + 1}, 0}), ++last;
        EXPECT_TRUE(*ids.find(id_of(last * 7919 % last)));
      }
      writer.join();
      ids.finish_frozen();
    }
    ids.freeze({last});
    ids.settle({last});
    ASSERT_TRUE(ids.write_frozen());
  }
  IdTable ids(directory, {});
  ASSERT_TRUE(ids.open());
  for (uint64_t n = 0; n < last; ++n) {
    const auto known = ids.find(id_of(n));
    ASSERT_TRUE(known && *known) << n;
    ASSERT_EQ((*known)->sequence.value, n + 1);
  }
}

}  // namespace
}  // namespace spate
