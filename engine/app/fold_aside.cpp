// A log that ends where the answer is known, and the folds of whoever starts.
#include "engine/app/fold_aside.hpp"

#include <chrono>
#include <thread>

#include "engine/app/domain_plan.hpp"
#include "engine/app/log_fold.hpp"
#include "engine/app/projected_domains.hpp"
#include "engine/projector/rocks_views.hpp"
#include "engine/state/rocks_state.hpp"

namespace spate {
namespace {

constexpr auto nap = std::chrono::milliseconds(20);
constexpr std::size_t store_bytes = 8 << 20;

/// The outcomes of a log up to one of them, waited for; nothing else of it.
class LogUntil final : public Log {
 public:
  LogUntil(Log& log, Sequence last, const std::atomic<bool>& ends)
      : log_(log), last_(last), ends_(ends) {}
  const LogIdentity& identity() const override { return log_.identity(); }
  const Topology& topology() const override { return log_.topology(); }
  Result<Ownership> acquire(PartitionId) override { return retry("not_owned", "only read"); }
  Taken append_commands(PartitionId, BatchPtr) override { return Taken::full; }
  Taken append_outcomes(PartitionId, Epoch, Sequence, BatchPtr) override { return Taken::full; }
  Progress poll(PartitionId) override { return {}; }
  Sequence outcomes_end(PartitionId) const override { return last_; }
  void on_durable(PartitionId, Bell*) override {}
  Result<BatchPtr> read(LogSide side, PartitionId id, uint64_t from, std::size_t max) override {
    for (;;) {
      if (ends_) return spate::stop("cancelled", "the server ends");
      if (from > last_.value) return BatchPtr();
      Result<BatchPtr> batch = log_.read(side, id, from, max);
      if (batch || batch.error().action != FaultAction::retry) return batch;
      std::this_thread::sleep_for(nap);
    }
  }

 private:
  Log& log_;
  const Sequence last_;
  const std::atomic<bool>& ends_;
};

}  // namespace

/// Where it would have to wait for room nobody could end it.
Result<void> FoldAside::check_room() const {
  if (!parts_.log->storage_full()) return {};
  return stop("storage_full", "the disk is full: make room");
}

Result<Hash128> FoldAside::checked(const std::optional<Checkpoint>& here,
                                   const DigestPoint& at) const {
  if (*parts_.ends) return stop("cancelled", "the server ends");
  if (!here || !here->digest || here->chain != at.chain)
    return stop("log_differs", "the log does not hold the outcomes up to " +
                                   std::to_string(at.sequence.value) + " that were folded");
  return *here->digest;
}

Result<Hash128> FoldAside::rows(PartitionId id, const DigestPoint& at) const {
  TRY(check_room());
  const ScratchFolder folder(parts_.scratch);
  RocksStateOptions options;
  options.memory_bytes = options.flush_bytes_max = store_bytes;
  options.waits_for_room = true;
  TRY(const auto stores, RocksStateStores::open(folder.path() + "/rows", options));
  const auto store = stores->partition(id);
  LogUntil log(*parts_.log, at.sequence, *parts_.ends);
  RowFold fold(log, plan_of(*parts_.catalog, log.topology(), id.domain), id, *store, true, nullptr,
               parts_.dirty_bytes_max);
  std::optional<Checkpoint> here;
  TRY(fold.run({}, {&at, 1}, [&](const Checkpoint& met) { here = met; }));
  return checked(here, at);
}

Result<Hash128> FoldAside::views(PartitionId id, const DigestPoint& at) const {
  TRY(check_room());
  const ScratchFolder folder(parts_.scratch);
  RocksViewsLimits limits;
  limits.block_cache_bytes = limits.write_buffer_bytes = store_bytes;
  limits.waits_for_room = true;
  TRY(const auto store, RocksViews::open(folder.path() + "/views", limits));
  LogUntil log(*parts_.log, at.sequence, *parts_.ends);
  ProjectedViews views(log.topology(), projected_domains(log.topology(), *parts_.catalog), *store);
  std::optional<Checkpoint> here;
  std::mutex alone;
  TRY(fold_views_of(log, views, id, alone,
                    {{at.sequence},
                     [&](const Checkpoint& met) {
                       here = met;
                       return std::string("it is known");
                     }},
                    parts_.dirty_bytes_max));
  if (!here && !*parts_.ends && !views.stopped(id).empty())
    return stop("fold_failed", views.stopped(id));
  return checked(here, at);
}

}  // namespace spate
