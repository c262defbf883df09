// Applying outcomes: events through evolve, parked commands into rows, ids into the id table.
#include "engine/processor/fold.hpp"

#include <exception>
#include <stdexcept>

#include "engine/log/chain.hpp"

namespace spate {
namespace {
constexpr auto newest_kind = static_cast<uint8_t>(envelope::Kind::controlled);
constexpr uint8_t kind_skippable_from = 128;  // (I2)
/// Outcomes whose rows and ids are fetched, then folded.
constexpr std::size_t folded_together = 128;

struct UpcastFailed : std::runtime_error {
  using std::runtime_error::runtime_error;
};
}  // namespace

void parked_key(std::string_view stream, uint32_t index, std::string& out) {
  const char number[4] = {static_cast<char>(index >> 24), static_cast<char>(index >> 16),
                          static_cast<char>(index >> 8), static_cast<char>(index)};
  row_key(parked_table, stream, {number, sizeof number}, out);
}

bool Fold::remembers(const envelope::Outcome& outcome) {
  using envelope::Kind;
  const Kind kind = outcome.kind();
  return kind == Kind::accepted || kind == Kind::rejected || kind == Kind::parked ||
         kind == Kind::controlled || outcome.origin() != 0;
}

void Fold::apply(const envelope::Outcome& outcome, Instant time, NamedRows& rows) {
  const std::string_view stream = text_of(outcome.stream());
  if (outcome.origin() != 0) remove_parked(stream, rows);
  if (outcome.kind() == envelope::Kind::accepted && outcome.events() != nullptr) {
    for (const envelope::Event* event : *outcome.events()) {
      const NewestEvent now = newest(*event);
      const HandlerTable::EventOps* ops = handler_.event(now.type);
      ENSURE(ops != nullptr);
      ops->evolve(rows, stream, time, now.payload);
    }
    upcaster_.clear();
    rows.edit_stream().version += outcome.events()->size();
  }
  if (outcome.kind() == envelope::Kind::parked) apply_parked(outcome, rows);
  if (remembers(outcome))
    ids_.insert(id_of(outcome.id()), {{outcome.sequence()}, outcome.fingerprint()});
}

PartitionRow& Fold::edit_partition() {
  row_key(stream_table, {}, {}, key_);
  return *reinterpret_cast<PartitionRow*>(rows_.edit(key_, sizeof(PartitionRow)));
}

void Fold::apply_parked(const envelope::Outcome& outcome, NamedRows& rows) {
  StreamRow& stream = rows.edit_stream();
  const bool first = stream.parked() == 0;
  const uint32_t index = stream.parked_next++;
  PartitionRow& partition = edit_partition();
  ++partition.parked_commands;
  if (first) ++partition.parked_streams;
  // The row holds the outcome's number and the command: [cause:u64][command record].
  ByteBuffer value;
  const uint64_t cause = outcome.cause();
  value.append({reinterpret_cast<const uint8_t*>(&cause), sizeof cause});
  value.append(bytes_of(outcome.command()));
  parked_key(text_of(outcome.stream()), index, key_);
  rows_.put(key_, value);
}

void Fold::remove_parked(std::string_view stream, NamedRows& rows) {
  StreamRow& row = rows.edit_stream();
  ENSURE(row.parked() > 0);
  parked_key(stream, row.parked_first++, key_);
  const bool last = row.parked() == 0;
  rows_.erase(key_);
  PartitionRow& partition = edit_partition();
  --partition.parked_commands;
  if (last) --partition.parked_streams;
}

NewestEvent Fold::newest(const envelope::Event& event) {
  const NewestEvent now = upcaster_.newest(event.type(), bytes_of(event.payload()));
  if (now.fault != nullptr) throw UpcastFailed(*now.fault);
  return now;
}

BatchKeys::Range Fold::name(const envelope::Outcome& outcome) {
  const std::string_view stream = text_of(outcome.stream());
  names_.clear();
  if (outcome.events() != nullptr) {
    for (const envelope::Event* event : *outcome.events()) {
      const NewestEvent now = newest(*event);
      const HandlerTable::EventOps* ops = handler_.event(now.type);
      if (ops != nullptr) ops->rows(stream, now.payload, names_);
    }
  }
  const BatchKeys::Range range = keys_.add(stream, names_);
  upcaster_.clear();
  return range;
}

Result<void> Fold::continue_with(const RecordView& record, Sequence before) {
  const envelope::Outcome& outcome = outcome_of(record.body);
  if (record.head.number != before.value + 1 || outcome.sequence() != record.head.number)
    return stop("log_gap", "outcome " + std::to_string(record.head.number) + " stands where " +
                               std::to_string(before.value + 1) +
                               " is due; run `spate log verify`");
  if (replayed_ == before && outcome.chain() != chain_)
    return stop("log_chain", "outcome " + std::to_string(record.head.number) +
                                 " does not continue the outcomes before it; run "
                                 "`spate log verify`");
  const auto kind = static_cast<uint8_t>(outcome.kind());
  if (kind == 0 || (kind > newest_kind && kind < kind_skippable_from))
    return stop("log_newer", "outcome " + std::to_string(record.head.number) + " is of kind " +
                                 std::to_string(kind) +
                                 ", which this binary does not know: run a newer one");
  replayed_ = before.next();
  chain_ = next_chain(record.body);
  return {};
}

/// The next outcomes, with the rows they need on their way to the cache.
Result<void> Fold::collect(RecordBatch::Iterator& next, RecordBatch::Iterator end,
                           const From& from, Sequence& at) {
  keys_.clear();
  collected_.clear();
  for (; next != end && collected_.size() < folded_together; ++next) {
    const RecordView record = *next;
    if (Sequence{record.head.number} <= at) continue;
    if (Sequence{record.head.number} > from.until) {
      next = end;
      break;
    }
    TRY(continue_with(record, at));
    at = {record.head.number};
    const envelope::Outcome& outcome = outcome_of(record.body);
    ids_.prefetch(id_of(outcome.id()));
    collected_.push_back({&outcome, at > from.rows ? name(outcome) : BatchKeys::Range{}});
  }
  return keys_.prefetch(rows_);
}

Result<void> Fold::replay(const RecordBatch& batch, Sequence rows_from, Sequence ids_from,
                          Sequence until) {
  const DomainScope scope;
  const From from{rows_from, ids_from, until};
  Sequence at = std::min(rows_from, ids_from);
  try {
    for (RecordBatch::Iterator next = batch.begin(); next != batch.end();) {
      TRY(collect(next, batch.end(), from, at));
      for (const Collected& one : collected_) {
        at = {one.outcome->sequence()};
        if (at > rows_from) {
          rows_.begin(at);
          NamedRows rows(rows_, keys_, one.rows);
          apply(*one.outcome, {one.outcome->time()}, rows);
          rows_.settle(at);
        } else if (at > ids_from && remembers(*one.outcome)) {
          ids_.insert(id_of(one.outcome->id()), {at, one.outcome->fingerprint()});
        }
      }
    }
    ids_.settle(at);
    return {};
  } catch (const UpcastFailed& failed) {
    return stop("fold_failed", "outcome " + std::to_string(at.value) + " does not fold: " +
                                   failed.what() + "; correct it, or run the binary before");
  } catch (const DomainFault& fault) {
    return stop("fold_failed", "outcome " + std::to_string(at.value) + " does not fold: " +
                                   fault.condition + " (" + fault.file + ":" +
                                   std::to_string(fault.line) + "); run the binary that decided it");
  } catch (const std::exception& error) {
    return stop("fold_failed", "outcome " + std::to_string(at.value) + " does not fold: " +
                                   error.what() + "; run the binary that decided it");
  }
}

}  // namespace spate
