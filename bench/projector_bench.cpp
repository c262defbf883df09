// How fast outcomes become views: one hot campaign, every redemption by a new claimant.
#include <time.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "engine/api/domain.hpp"
#include "engine/log/chain.hpp"
#include "engine/log/memory_log.hpp"
#include "engine/processor/outcome_writer.hpp"
#include "engine/projector/memory_views.hpp"
#include "engine/projector/projector.hpp"
#include "engine/projector/rocks_views.hpp"
#include "engine/projector/view_checkpointer.hpp"
#include "schemas/redemptions_generated.h"

namespace spate {
namespace {

constexpr PartitionId partition{1, 0};
constexpr std::size_t batch_outcomes = 1000;

/// A campaign of so many pieces, opened and redeemed to the last, durable.
class Sale {
 public:
  explicit Sale(std::size_t redemptions)
      : log_(Topology({{"redemptions", 1, 1}}), {{1, 1}, 1}, {.undurable_bytes_max = 1 << 30}),
        epoch_(log_.acquire(partition)->epoch) {
    emit_.builder().Finish(redemptions::CreateOpened(emit_.builder(), redemptions, 1));
    add(1);
    for (std::size_t n = 1; n <= redemptions; ++n) {
      const auto claimant = emit_.builder().CreateString("claimant-" + std::to_string(n * 7919));
      emit_.builder().Finish(
          redemptions::CreateRedeemed(emit_.builder(), claimant, 1, redemptions - n, n));
      add(2);
    }
    append();
  }
  Log& log() { return log_; }
  Sequence last() const { return tail_.sequence; }

 private:
  void add(uint8_t event) {
    emit_.close(event);
    OutcomeFields fields;
    fields.kind = envelope::Kind::accepted;
    fields.sequence = tail_.sequence = tail_.sequence.next();
    fields.cause = {fields.sequence.value};
    fields.epoch = epoch_;
    fields.time = {static_cast<int64_t>(fields.sequence.value) * 1000};
    fields.chain = tail_.chain;
    fields.id = {fields.sequence.value * 0x9e3779b97f4a7c15, fields.sequence.value};
    fields.stream = "campaign-42";
    fields.command_type = event;
    const Bytes body = writer_.write(fields, &emit_);
    batch_->add(fields.sequence.value, fields.time, body);
    tail_.chain = next_chain(body);
    emit_.clear();
    if (batch_->count() == batch_outcomes) append();
  }
  void append() {
    if (batch_->empty()) return;
    const Sequence first{batch_->first()};
    ENSURE(log_.append_outcomes(partition, epoch_, first, std::move(batch_)) == Taken::yes);
    log_.make_durable(partition);
    batch_ = std::make_shared<RecordBatch>(partition, LogSide::outcomes);
  }

  MemoryLog log_;
  const Epoch epoch_;
  Tail tail_;
  EmitCore emit_;
  OutcomeWriter writer_;
  std::shared_ptr<RecordBatch> batch_ = std::make_shared<RecordBatch>(partition, LogSide::outcomes);
};

ProjectedDomain redemptions_domain() {
  for (const Domain& domain : domains())
    if (domain.name == "redemptions")
      return {1, domain.projection, {{}, {ViewScope::stream, false}, {ViewScope::item, false}}, 1};
  ensure_failed("redemptions is built in", __FILE__, __LINE__);
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double thread_cpu_seconds() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

/// Folds the whole sale and prints its rate; the checkpointer runs on a thread of its own.
Hash128 fold(const char* name, Sale& sale, ViewStore& store, std::size_t dirty_bytes_max) {
  ProjectedViews views(sale.log().topology(), {redemptions_domain()}, store);
  Projector projector(sale.log(), views, {partition},
                      {.dirty_bytes_max = dirty_bytes_max, .unfrozen_outcomes_max = 1 << 30});
  ENSURE(projector.open().has_value());
  ThreadBell folds, writes;
  views.on_freeze(&writes);
  views.on_written(&folds);
  ViewCheckpointer checkpointer(views);
  std::atomic<bool> done{false};
  double writer_cpu = 0;
  std::thread writer([&] {
    while (!done)
      if (*checkpointer.step() != Step::worked) writes.wait(1'000'000'000);
    writer_cpu = thread_cpu_seconds();
  });
  const auto start = std::chrono::steady_clock::now();
  const double cpu_start = thread_cpu_seconds();
  double blocked = 0;
  while (views.position(partition) < sale.last()) {
    if (projector.step() == Step::worked) continue;
    const auto wait = std::chrono::steady_clock::now();
    folds.wait(1'000'000'000);
    blocked += seconds_since(wait);
  }
  const double folded = seconds_since(start);
  const double cpu = thread_cpu_seconds() - cpu_start;
  while (!projector.freeze_all()) folds.wait(1'000'000'000);
  const double written = seconds_since(start);
  done = true;
  writes.ring();
  writer.join();
  const double count = static_cast<double>(sale.last().value);
  std::printf(
      "%-32s %8.0f outcomes/s folded (%2.0f %% blocked), %8.0f/s until stored; "
      "per CPU-second: %8.0f folding, %8.0f writing\n",
      name, count / folded, 100 * blocked / folded, count / written, count / cpu,
      count / writer_cpu);
  ENSURE(views.stopped(partition).empty());
  const auto digest = views.digest(partition);
  ENSURE(digest.has_value());
  return *digest;
}

void run(std::size_t redemptions, std::size_t dirty_bytes) {
  Sale sale(redemptions);
  MemoryViews burst_memory;
  const Hash128 digest = fold("burst, all in memory", sale, burst_memory, std::size_t{4} << 30);
  const std::string folder = (std::filesystem::temp_directory_path() / "spate-projector-bench-").string() +
                             std::to_string(getpid());
  const auto on_disk = [&](const char* name, std::size_t dirty) {
    std::filesystem::remove_all(folder);
    auto store = std::move(*RocksViews::open(folder, {}));
    ENSURE(fold(name, sale, *store, dirty) == digest);
  };
  on_disk("burst, RocksDB below", std::size_t{4} << 30);
  on_disk("sustained, RocksDB, checkpoints", dirty_bytes);
  std::filesystem::remove_all(folder);
  std::printf("digests agree: %016lx%016lx\n", digest.hi, digest.lo);
}

}  // namespace
}  // namespace spate

int main(int argc, char** argv) {
  const bool tiny = argc > 1 && std::string_view(argv[1]) == "--tiny";
  if (tiny)
    spate::run(5'000, 512 << 10);
  else
    spate::run(argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 2'000'000, 64 << 20);
}
