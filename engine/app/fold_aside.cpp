// The folds of whoever starts, of a log that ends where the answer is known.
#include "engine/app/fold_aside.hpp"

#include <chrono>
#include <thread>

#include "engine/app/domain_plan.hpp"
#include "engine/app/log_fold.hpp"
#include "engine/app/log_reading.hpp"
#include "engine/app/projected_domains.hpp"
#include "engine/projector/rocks_views.hpp"
#include "engine/state/rocks_state.hpp"

namespace spate {
namespace {

constexpr auto nap = std::chrono::milliseconds(20);
constexpr std::size_t store_bytes = 8 << 20;

}  // namespace

/// What waits for room nobody could end: so it begins only where there is some.
Result<Hash128> FoldAside::digest(const DigestPoint& at, const Fold& fold) const {
  while (parts_.log->storage_full()) {
    if (*parts_.ends) return stop("cancelled", "the server ends");
    std::this_thread::sleep_for(nap);
  }
  const ScratchFolder folder(parts_.scratch);
  LogReading log(*parts_.log, {at.sequence, parts_.ends, {}});
  std::optional<Checkpoint> there;
  const Result<void> folded = fold(log, folder.path(), there);
  if (*parts_.ends) return stop("cancelled", "the server ends");
  if (!folded) return pass_on(Fault(folded.error()));
  if (!there || !there->digest || there->chain != at.chain)
    return stop("log_differs", "the log does not hold the outcomes up to " +
                                   std::to_string(at.sequence.value) + " that were folded");
  return *there->digest;
}

Result<Hash128> FoldAside::rows(PartitionId id, const DigestPoint& at) const {
  return digest(at, [&](Log& log, const std::string& folder,
                        std::optional<Checkpoint>& there) -> Result<void> {
    RocksStateOptions options;
    options.memory_bytes = options.flush_bytes_max = store_bytes;
    options.waits_for_room = true;
    TRY(const auto stores, RocksStateStores::open(folder + "/rows", options));
    const auto store = stores->partition(id);
    RowFold fold(log, plan_of(*parts_.catalog, log.topology(), id.domain), id, *store, true,
                 nullptr, parts_.dirty_bytes_max);
    TRY(fold.run({}, {&at, 1}, [&](const Checkpoint& met) { there = met; }));
    return {};
  });
}

Result<Hash128> FoldAside::views(PartitionId id, const DigestPoint& at) const {
  return digest(at, [&](Log& log, const std::string& folder,
                        std::optional<Checkpoint>& there) -> Result<void> {
    RocksViewsLimits limits;
    limits.block_cache_bytes = limits.write_buffer_bytes = store_bytes;
    limits.waits_for_room = true;
    TRY(const auto store, RocksViews::open(folder + "/views", limits));
    ProjectedViews views(log.topology(), projected_domains(log.topology(), *parts_.catalog),
                         *store);
    std::mutex alone;
    TRY(fold_views_of(log, views, id, alone,
                      {{at.sequence},
                       [&](const Checkpoint& met) {
                         there = met;
                         return std::string("it is known");
                       }},
                      parts_.dirty_bytes_max));
    const std::string stopped = views.stopped(id);
    if (!there && !stopped.empty()) return stop("fold_failed", stopped);
    return {};
  });
}

}  // namespace spate
