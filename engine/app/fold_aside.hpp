// FoldAside: what the log says of a partition's rows, or views, at one of its outcomes: folded from
// the first, beside whatever is served.
#pragma once
#include <atomic>
#include <functional>

#include "engine/codec/catalog.hpp"
#include "engine/log/log.hpp"
#include "engine/state/digest_journal.hpp"

namespace spate {

/// Waits while the log cannot be read just now. Costs as much as a start without stores does, of
/// one partition; the thread of the caller, memory and a scratch folder of its own.
class FoldAside {
 public:
  struct Parts {
    Log* log = nullptr;
    const Catalog* catalog = nullptr;
    std::string scratch;                 ///< a folder; gone afterwards
    std::size_t dirty_bytes_max = 0;     ///< of what is not yet written there; about twice is used
    const std::atomic<bool>* ends = nullptr;
  };
  explicit FoldAside(Parts parts) : parts_(std::move(parts)) {}

  /// The digest that rows have behind the outcomes that `at` speaks of. Begins when the disk has
  /// room. Faults: `cancelled`,
  /// `log_differs` (these outcomes are not in the log), of the log, of the disk.
  Result<Hash128> rows(PartitionId id, const DigestPoint& at) const;
  Result<Hash128> views(PartitionId id, const DigestPoint& at) const;

 private:
  /// Folds that log below that folder, and tells what is there at its last outcome.
  using Fold = std::function<Result<void>(Log& log, const std::string& folder,
                                          std::optional<Checkpoint>& there)>;
  Result<Hash128> digest(const DigestPoint& at, const Fold& fold) const;
  const Parts parts_;
};

}  // namespace spate
