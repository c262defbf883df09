// Fold: the one way to make state: an outcome applied to rows and ids. Owner, restart and replay
// alike.
#pragma once
#include "engine/api/domain.hpp"
#include "engine/api/envelope.hpp"
#include "engine/log/record_batch.hpp"
#include "engine/processor/named_rows.hpp"
#include "engine/state/id_table.hpp"

namespace spate {

class Fold {
 public:
  Fold(const HandlerTable& handler, RowTable& rows, IdTable& ids)
      : handler_(handler), rows_(rows), ids_(ids), upcaster_(handler.upcasts) {}

  /// Applies a decided outcome through the rows its command named. Throws what evolve throws
  /// (inside a DomainScope); the caller reverts the rows to the sequence before.
  void apply(const envelope::Outcome& outcome, Instant time, NamedRows& rows);

  /// Applies the outcomes of `batch` beyond `rows_from` to the rows, beyond `ids_from` to the ids,
  /// none beyond `until`.
  /// Faults: `log_gap`, `log_chain`: they do not continue one another or the batch before (C5);
  /// `fold_failed`, `log_newer`: this binary cannot fold what another one decided. Each names the
  /// sequence.
  Result<void> replay(const RecordBatch& batch, Sequence rows_from, Sequence ids_from,
                      Sequence until = {~uint64_t{0}});
  /// The chain behind the last outcome replayed; none before the first.
  std::optional<uint64_t> chain_at(Sequence last) const {
    return last == replayed_ ? std::optional(chain_) : std::nullopt;
  }

  /// Whether a later command with this id is a duplicate of this outcome.
  static bool remembers(const envelope::Outcome& outcome);

 private:
  struct From {
    Sequence rows, ids, until;
  };
  struct Collected {
    const envelope::Outcome* outcome;
    BatchKeys::Range rows;
  };
  Result<void> collect(RecordBatch::Iterator& next, RecordBatch::Iterator end, const From& from,
                       Sequence& at);
  Result<void> continue_with(const RecordView& record, Sequence before);
  void apply_parked(const envelope::Outcome& outcome, NamedRows& rows);
  void remove_parked(std::string_view stream, NamedRows& rows);
  PartitionRow& edit_partition();
  BatchKeys::Range name(const envelope::Outcome& outcome);
  NewestEvent newest(const envelope::Event& event);

  const HandlerTable& handler_;
  RowTable& rows_;
  IdTable& ids_;
  Upcaster upcaster_;
  BatchKeys keys_;
  std::vector<RowName> names_;
  std::vector<Collected> collected_;
  std::string key_;
  Sequence replayed_;
  uint64_t chain_ = 0;  // behind it
};

/// The key of a stream's parked command number `index`, into `out`.
void parked_key(std::string_view stream, uint32_t index, std::string& out);

}  // namespace spate
