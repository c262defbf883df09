// What rows and ids cost: hot and new rows, negative look-ups, checkpoints burst and sustained.
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>

#include "engine/state/id_table.hpp"
#include "engine/state/rocks_state.hpp"
#include "engine/state/row_key.hpp"
#include "engine/state/row_table.hpp"

using namespace spate;

namespace {

constexpr std::size_t batch_commands = 256;

/// CPU time of this thread: what an operation costs, whoever else is on the machine.
double now_ns() {
  timespec now;
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}
double wall_ns() {
  return static_cast<double>(std::chrono::steady_clock::now().time_since_epoch().count());
}

template <class T>
T must(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "%s: %s\n", result.error().code.c_str(), result.error().detail.c_str());
    std::exit(1);
  }
  return std::move(*result);
}
void must(const Result<void>& result) {
  if (result) return;
  std::fprintf(stderr, "%s: %s\n", result.error().code.c_str(), result.error().detail.c_str());
  std::exit(1);
}

void print(const char* what, double ns, uint64_t count, const char* unit) {
  std::printf("%-58s %9.1f ns/%s  (%lu)\n", what, ns / static_cast<double>(count), unit, count);
}

/// Keys of a batch of redemptions: stream row, campaign row, and a claim row that is new each time.
struct Batch {
  std::vector<std::string> keys;
  std::vector<std::string_view> views;

  void fill(uint64_t first) {
    keys.resize(batch_commands * 3);
    views.clear();
    char claimant[32];
    for (std::size_t i = 0; i < batch_commands; ++i) {
      row_key(stream_table, "campaign-42", {}, keys[i * 3]);
      row_key(1, "campaign-42", {}, keys[i * 3 + 1]);
      // Claimants come in no order.
      const uint64_t number = (first + i) * 0x9e3779b97f4a7c15;
      const int size = std::snprintf(claimant, sizeof claimant, "user-%016lx", number);
      row_key(2, "campaign-42", {claimant, static_cast<std::size_t>(size)}, keys[i * 3 + 2]);
    }
    for (const std::string& key : keys) views.push_back(key);
  }
};

uint64_t touch(RowTable& rows, std::string_view key, std::size_t size) {
  uint8_t* row = rows.edit(key, size);
  uint64_t value;
  std::memcpy(&value, row, 8);
  ++value;
  std::memcpy(row, &value, 8);
  return value;
}

/// One batch as the processor does it: fetch together, then find and edit each command's rows.
void decide(RowTable& rows, const Batch& batch, uint64_t& sequence) {
  must(rows.prefetch(batch.views));
  for (std::size_t i = 0; i < batch_commands; ++i) {
    rows.begin({++sequence});
    const std::string_view* key = &batch.views[i * 3];
    if (rows.find(key[1]).data() == nullptr) touch(rows, key[1], 56);
    if (rows.find(key[2]).data() != nullptr) std::abort();  // claims are new each time
    touch(rows, key[1], 56);
    touch(rows, key[2], 8);
    touch(rows, key[0], 16);
  }
}

Checkpoint at(uint64_t sequence) { return {.log = {{1, 1}}, .sequence = {sequence}}; }

void bench_hot_rows(RowTable& rows, uint64_t count) {
  uint64_t sequence = 0, sum = 0;
  std::string key;
  row_key(1, "campaign-42", {}, key);
  const std::string_view view = key;
  must(rows.prefetch({&view, 1}));
  rows.begin({++sequence});
  touch(rows, key, 56);
  double start = now_ns();
  for (uint64_t i = 0; i < count; ++i) sum += rows.find(key).size();
  print("find of a hot row", now_ns() - start, count, "row");
  start = now_ns();
  for (uint64_t i = 0; i < count; ++i) {
    rows.begin({++sequence});
    sum += touch(rows, key, 56);
    if (i % batch_commands == 0) rows.settle({sequence});
  }
  print("edit of a hot row, undo kept", now_ns() - start, count, "row");
  rows.settle({sequence});
  if (sum == 0) std::puts("");
}

struct Sustained {
  double owner_ns = 0, decide_ns = 0, write_ns = 0, all_ns = 0;
  uint64_t rows = 0, stalls = 0;
};

/// `count` redemptions; a second thread writes what was frozen, as the checkpointer does.
Sustained run_redemptions(RowTable& rows, uint64_t count, bool checkpoints) {
  Sustained result;
  std::atomic<int> phase{0};  // 0 idle, 1 to write, 2 written, 3 the end
  std::thread writer([&] {
    for (;;) {
      phase.wait(0), phase.wait(2);
      const int now = phase.load();
      if (now == 3) return;
      if (now != 1) continue;
      const double start = now_ns();
      must(rows.write_frozen());
      result.write_ns += now_ns() - start;
      phase = 2;
      phase.notify_all();
    }
  });
  Batch batch;
  uint64_t sequence = 0;
  const double begin = wall_ns();
  for (uint64_t done = 0; done < count; done += batch_commands) {
    batch.fill(done);
    const double start = now_ns();
    decide(rows, batch, sequence);
    rows.settle({sequence});
    result.decide_ns += now_ns() - start;
    result.rows += batch_commands * 3;
    if (!checkpoints) continue;
    if (rows.is_full() && phase == 1) ++result.stalls, phase.wait(1);
    if (phase == 2) rows.finish_frozen(), phase = 0;
    if (phase == 0 && rows.wants_freeze()) {
      rows.freeze(at(sequence));
      phase = 1;
      phase.notify_all();
    }
    result.owner_ns += now_ns() - start;
  }
  phase.wait(1);
  if (phase == 2) rows.finish_frozen();
  phase = 3;
  phase.notify_all();
  writer.join();
  result.all_ns = wall_ns() - begin;
  return result;
}

CommandId id_of(uint64_t n) {
  const Hash128 hash = xxh3_128({reinterpret_cast<const uint8_t*>(&n), sizeof n});
  return {hash.hi, hash.lo};
}

/// Each command: a negative find, prefetched by batch, and an insertion.
void bench_ids(const std::string& directory, uint64_t count, std::size_t recent_max) {
  IdTable ids(directory, {.recent_ids_max = recent_max});
  must(ids.open());
  double find_ns = 0, insert_ns = 0, write_ns = 0;
  uint64_t found = 0, sequence = 0;
  std::vector<CommandId> batch(batch_commands);
  for (uint64_t n = 0; n < count; n += batch_commands) {
    for (std::size_t i = 0; i < batch_commands; ++i) batch[i] = id_of(n + i);
    double start = now_ns();
    for (const CommandId& id : batch) ids.prefetch(id);
    for (const CommandId& id : batch) found += must(ids.find(id)).has_value();
    find_ns += now_ns() - start;
    start = now_ns();
    for (const CommandId& id : batch) ids.insert(id, {{++sequence}, n});
    ids.settle({sequence});
    insert_ns += now_ns() - start;
    if (!ids.wants_freeze()) continue;
    start = now_ns();
    ids.freeze({sequence});
    must(ids.write_frozen());
    ids.finish_frozen();
    write_ns += now_ns() - start;
  }
  print("ids: negative find, prefetched by batch", find_ns, count, "id");
  print("ids: insert", insert_ns, count, "id");
  print("ids: freeze, sort, write and merge runs", write_ns, count, "id");
  const uint64_t asked = std::min<uint64_t>(count, 200'000);
  const double start = now_ns();
  for (uint64_t i = 0; i < asked; ++i) found += must(ids.find(id_of(i * 7919 % count))).has_value();
  print("ids: find of a known id, page cache warm", now_ns() - start, asked, "id");
  std::printf("%-58s %9.1f bytes/id, %lu found\n", "ids: memory, all of it",
              static_cast<double>(ids.memory_bytes()) / static_cast<double>(ids.count()), found);
}

}  // namespace

int main(int argc, char** argv) {
  const bool tiny = argc > 1 && std::strcmp(argv[1], "--tiny") == 0;
  const std::string directory =
      (std::filesystem::temp_directory_path() / "spate-state-bench-").string() +
      std::to_string(getpid());
  std::filesystem::remove_all(directory);
  std::filesystem::create_directories(directory);
  const std::size_t dirty_max = tiny ? 1 << 20 : 64 << 20;
  const uint64_t burst = tiny ? 5'000 : 500'000;
  auto stores = must(RocksStateStores::open(directory + "/rows", {.memory_bytes = 256 << 20}));
  RowTableLimits limits{.dirty_bytes_max = dirty_max, .hash_seed = 7};
  {
    const auto store = stores->partition({0, 0});
    RowTable rows(*store, limits);
    must(rows.open());
    bench_hot_rows(rows, tiny ? 10'000 : 5'000'000);
  }
  {
    const auto store = stores->partition({0, 1});
    RowTable rows(*store, limits);
    must(rows.open());
    const Sustained s = run_redemptions(rows, burst, false);
    print("burst: a redemption's rows fetched, found, edited", s.decide_ns, s.rows / 3, "command");
    rows.freeze(at(s.rows / 3));
    const double start = now_ns();
    must(rows.write_frozen());
    rows.finish_frozen();
    print("burst: frozen rows written to RocksDB", now_ns() - start, s.rows / 3, "row");
  }
  {
    limits.filter_path = directory + "/filter";
    const auto store = stores->partition({0, 2});
    RowTable rows(*store, limits);
    must(rows.open());
    const Sustained s = run_redemptions(rows, tiny ? 40'000 : 5'000'000, true);
    print("sustained: owner's time with checkpoints running", s.owner_ns, s.rows / 3, "command");
    print("sustained: wall time, keys made here included", s.all_ns, s.rows / 3, "command");
    print("sustained: checkpointer's time", s.write_ns, s.rows / 3, "command");
    std::printf("%-58s %9lu\n", "sustained: times the owner waited for it", s.stalls);
    std::printf("%-58s %9.1f MiB\n", "sustained: memory of the rows",
                static_cast<double>(rows.memory_bytes()) / (1 << 20));
    must(stores->flush());
    const double start = now_ns();
    RowTable again(*store, limits);
    must(again.open());
    std::printf("%-58s %9.1f ms %s\n", "start: absence filter loaded", (now_ns() - start) / 1e6,
                again.note().c_str());
  }
  bench_ids(directory + "/ids", tiny ? 20'000 : 4'000'000, tiny ? 2'000 : 1 << 18);
  must(stores->close());
  std::filesystem::remove_all(directory);
}
