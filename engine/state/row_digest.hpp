// RowDigest: the digest of a table's rows, kept up to date at almost no cost.
#pragma once
#include "engine/base/hash_sum.hpp"
#include "engine/state/digest_journal.hpp"
#include "engine/state/row_generation.hpp"
#include "engine/state/state_store.hpp"

namespace spate {

/// What a row was leaves the sum when it becomes dirty, once from one checkpoint to the next; what
/// it has become enters when it is written. Threads: those of RowTable's methods of these names.
class RowDigest {
 public:
  RowDigest(std::string journal_path, const LogIdentity& log)
      : journal_(std::move(journal_path), log) {}

  /// Rows that were stored without a digest are read once; `note` says so.
  Result<void> open(StateStore& store, const std::optional<Checkpoint>& at);
  const std::string& note() const { return note_; }
  const DigestJournal& journal() const { return journal_; }

  /// The content that the row had at the last freeze, when it becomes dirty.
  void leaves(const RowEntry& row) {
    if (row.exists) active_left_.remove(row.key(), row.bytes());
  }
  void freeze() {
    before_frozen_ = stored_;
    frozen_left_ = std::exchange(active_left_, {});
  }
  /// Requires: `active` has not absorbed `frozen` yet.
  void thaw(const RowGeneration& frozen, const RowGeneration& active);

  /// Of the store with the frozen rows in it, to which the caller adds what these are now; recorded
  /// before they are written. Fault: `state_differs`.
  HashSum before_write() const {
    HashSum sum = stored_;
    return sum += frozen_left_;
  }
  Result<void> record(Checkpoint& at, HashSum sum);
  void written(HashSum sum) { stored_ = sum; }

  /// `frozen`: null when none waits to be written, or to be known as written.
  Hash128 now(const RowGeneration* frozen, const RowGeneration& active) const;

 private:
  HashSum stored_;                      // of the store; the writer's, while there are frozen rows
  HashSum before_frozen_;               // the same without them
  HashSum frozen_left_, active_left_;   // negative: of what their dirty rows were before
  DigestJournal journal_;
  std::string note_;
};

}  // namespace spate
