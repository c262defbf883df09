// IdTable: every command id a partition has decided, for ever: (sequence, fingerprint) (rule L).
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "engine/base/filter_room.hpp"
#include "engine/base/ids.hpp"
#include "engine/base/log_identity.hpp"
#include "engine/base/result.hpp"

namespace spate {

struct KnownId {
  Sequence sequence;          ///< of the outcome that answers it
  uint64_t fingerprint = 0;   ///< of the command that came first
};

struct IdTableLimits {
  std::size_t recent_ids_max = 1 << 18;  ///< beyond it `wants_freeze` is true, at twice `is_full`
  uint64_t hash_seed = 0;                ///< give it bits of the log's id: ids are chosen outside
  std::shared_ptr<FilterRoom> filter_room;  ///< of the runs' filters; none: as much as they want
  std::size_t written_filter_bytes_max = ~std::size_t{0};  ///< of one that is written, beside those
};

/// Recent ids in a hash table; older ones in few sorted run files, each behind a blocked Bloom
/// filter in memory (about ten bits an id together, where there is room: else more looks into the
/// files). Inserting the same id twice is harmless, so
/// runs may lag behind or lie within the log that a restart folds again; they are never ahead of
/// durable outcomes.
class IdTable {
 public:
  /// `directory` holds the run files; empty = memory only (tests, simulation).
  IdTable(std::string directory, IdTableLimits limits);
  ~IdTable();

  /// Reads filters and fences of the run files. Faults: `ids_rot` (a file fails its checksum:
  /// delete the directory, the log is folded again), `ids_foreign` (of another log or incarnation:
  /// `clear` forgets them, loudly, and binds the directory to this one).
  Result<void> open(const LogIdentity& log = {});
  void prefetch(const CommandId& id) const;
  Result<std::optional<KnownId>> find(const CommandId& id);
  /// The newest insertion of an id wins (a re-driven command gets a new answer).
  void insert(const CommandId& id, KnownId known);
  /// Forgets ids whose outcome lies beyond `sequence` (A4).
  void revert_to(Sequence sequence);
  /// Outcomes up to `sequence` can no longer be undone.
  void settle(Sequence sequence);

  bool wants_freeze() const;
  /// The owner decides nothing more until the frozen ids are written.
  bool is_full() const;
  /// The recent ids, which are all of outcomes up to `at`, become the frozen ones; requires: none
  /// are waiting to be written. `chain`: of the log up to there.
  void freeze(Sequence at, uint64_t chain = 0);
  bool has_frozen() const;
  /// Writes the frozen ids as a run and merges runs. Any one thread. Requires: settled up to the
  /// last of them.
  Result<void> write_frozen();
  void finish_frozen();
  Result<void> clear();
  /// Every id of outcomes up to here is in the run files: a restart folds ids from the next one,
  /// even where the rows are already further.
  Sequence covered() const;
  /// The chain of the log up to there: another log has another one (C2).
  uint64_t covered_chain() const;

  std::size_t count() const;
  std::size_t memory_bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace spate
