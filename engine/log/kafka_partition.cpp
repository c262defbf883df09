// The owner's side: what the port promises, over what the log's thread found out.
#include "engine/log/kafka_partition.hpp"

#include <utility>

#include "schemas/envelope_generated.h"

namespace spate {

KafkaPartition::KafkaPartition(KafkaShared& shared, PartitionId id, uint32_t dense,
                               std::string name, std::optional<KafkaResume> resume)
    : shared_(shared),
      id_(id),
      dense_(dense),
      name_(std::move(name)),
      index_({}, shared.limits.offset_runs_max) {
  if (!resume || resume->folded.tail_offset < 0) return;
  fold_ = ValidOutcomes(resume->folded);
  index_ = OffsetIndex(std::move(resume->runs), shared.limits.offset_runs_max);
  unchecked_ = resume->folded;
}

Result<Ownership> KafkaPartition::acquire() {
  Lock lock(mutex_);
  if (broken_) return tl::unexpected<Fault>(*broken_);
  if (owns() && granted_) give_up(Progress::Fate::unknown);
  const bool is_new = !std::exchange(wanted_, true);
  if (!owns()) {
    if (is_new) want_turn();
    return retry(election_known_ && !elected_ ? "owned_elsewhere" : "not_owned", place(LogSide::outcomes, fold_.at().next_offset) +
                                  (elected_ ? " is being claimed" : " is another node's to own"));
  }
  wanted_ = false;
  granted_ = true;
  fate_ = Progress::Fate::durable;
  Tail tail = fold_.at().tail;
  tail.command = tail.cause = fold_.at().decided();
  appended_ = acknowledged_ = tail.sequence;
  return Ownership{epoch_, tail};
}

std::optional<Tail> KafkaPartition::tail() const {
  if (!caught_up()) return std::nullopt;
  Lock lock(mutex_);
  return fold_.at().tail;
}

Sequence KafkaPartition::outcomes_end() const {
  Lock lock(mutex_);
  return fold_.at().tail.sequence;
}

/// What is beyond the last acknowledged outcome did not happen for this owner.
void KafkaPartition::give_up(Progress::Fate fate) {
  fate_ = fate;
  granted_ = false;
  giving_up_ = true;
  want_turn();
}

void KafkaPartition::want_turn() {
  turn_wanted_.store(true);
  shared_.wake();
}

Taken KafkaPartition::append_commands(BatchPtr batch) {
  Lock lock(mutex_);
  const std::size_t bytes = batch->bytes().size();
  if (!shared_.has_room(bytes)) return Taken::full;
  ENSURE(!batch->empty());
  shared_.undurable_bytes += bytes;
  const bool is_behind_others = !commands_to_send_.empty();
  commands_to_send_.add(std::move(batch));
  if (!is_behind_others && !send_commands()) want_turn();
  return Taken::yes;
}

Taken KafkaPartition::append_outcomes(Epoch epoch, Sequence expected, BatchPtr batch) {
  Lock lock(mutex_);
  if (fate_ != Progress::Fate::durable) return Taken::yes;  // lost with what came before it
  if (epoch != epoch_ || expected != appended_.next()) {
    give_up(Progress::Fate::conflict);
    return Taken::yes;
  }
  const std::size_t bytes = batch->bytes().size();
  if (resigning_ || !shared_.has_room(bytes)) return Taken::full;
  ENSURE(!batch->empty() && batch->first() == expected.value);
  shared_.undurable_bytes += bytes;
  appended_ = {batch->last()};
  const bool is_behind_others = in_flight_.has_unsent();
  in_flight_.add(std::move(batch));
  if (!is_behind_others && !send_outcomes()) want_turn();
  return Taken::yes;
}

/// True: all is sent, or goes on when what is under way is reported. The wish to hear of that is
/// there before the room is asked for, so that no report falls between the two.
bool KafkaPartition::send_outcomes() {
  waits_for_reports_.store(true);
  in_flight_.send(shared_.client, id_);
  return !in_flight_.has_unsent() || has_no_room(LogSide::outcomes);
}

bool KafkaPartition::send_commands() {
  waits_for_reports_.store(true);
  commands_to_send_.send(shared_, id_);
  return commands_to_send_.empty() || has_no_room(LogSide::commands);
}

bool KafkaPartition::has_no_room(LogSide side) const {
  return shared_.client.room({id_, side}).records == 0;
}

uint64_t KafkaPartition::ask_end() {
  Lock lock(mutex_);
  want_turn();
  return ++end_wanted_;
}

Progress KafkaPartition::poll() const {
  Lock lock(mutex_);
  return {fate_, std::max(commands_read_, fold_.at().tail.cause),
          acknowledged_, end_answered_, commands_end_, commands_failed_};
}

bool KafkaPartition::is_owned() const {
  Lock lock(mutex_);
  return owns() && granted_;
}

std::optional<Sequence> KafkaPartition::sequence_below(int64_t offset) const {
  Lock lock(mutex_);
  const FoldedTopic& at = fold_.at();
  if (at.next_offset < offset) return std::nullopt;
  return at.tail.sequence;
}

Result<BatchPtr> KafkaPartition::read_commands(uint64_t from, std::size_t bytes_max) {
  {
    Lock lock(mutex_);
    if (broken_) return tl::unexpected<Fault>(*broken_);
    if (!owns()) return BatchPtr{};
    // Who reads on has decided what came before, and has appended its outcomes.
    if (granted_ && from > commands_taken_.value) {
      commands_taken_ = {from - 1};
      if (commands_taken_ >= commands_came_) turn_wanted_.store(true);
    }
    if (from > commands_.floor().value) {
      BatchPtr found = commands_.find(from);
      if (commands_held_ && may_go_on()) want_turn();
      return found;
    }
  }
  const auto batch = std::make_shared<RecordBatch>(id_, LogSide::commands);
  ByteBuffer scratch;
  const int64_t offset = from == 0 ? 0 : static_cast<int64_t>(from) - 1;
  const auto fetched = shared_.client.fetch(
      {id_, LogSide::commands}, offset, bytes_max, [&](std::span<const KafkaRecord> records) {
        for (const KafkaRecord& record : records) add_command(shared_, record, scratch, *batch);
      });
  if (!fetched) return tl::unexpected<Fault>(gone(fetched.error(), LogSide::commands, from));
  return BatchPtr{batch};
}

Result<BatchPtr> KafkaPartition::read_outcomes(uint64_t from, std::size_t bytes_max) {
  if (const auto recent = shared_.window.find(dense_, LogSide::outcomes, from))
    if (*recent != nullptr) return BatchPtr{*recent};
  OffsetIndex::Place found;
  uint64_t behind = 0;  // so many are known from the first on
  const Sequence first{std::max<uint64_t>(from, 1)};
  {
    Lock lock(mutex_);
    if (broken_ && first > fold_.at().tail.sequence) return tl::unexpected<Fault>(*broken_);
    if (!caught_up() && (unchecked_ || first > fold_.at().tail.sequence))
      return retry("not_read_yet", place(LogSide::outcomes, fold_.at().next_offset) +
                                       " is still being read");
    const Sequence tail = fold_.at().tail.sequence;
    if (first > tail) return BatchPtr{};
    const auto indexed = index_.find(first);
    ENSURE(indexed);
    found = *indexed;
    behind = tail.value - first.value + 1;
  }
  if (found.neighbours == 0) return search_outcomes(first, found, behind, bytes_max);
  found.neighbours = std::min(found.neighbours, behind);
  return fetch_outcomes(first, found, bytes_max);
}

/// Neighbours of one run are all valid: only that they are what the fold saw is checked again.
Result<BatchPtr> KafkaPartition::fetch_outcomes(Sequence from, OffsetIndex::Place found,
                                                std::size_t bytes_max) {
  const auto batch = std::make_shared<RecordBatch>(id_, LogSide::outcomes);
  std::optional<int64_t> other;
  ByteBuffer aligned;
  const auto take = [&](std::span<const KafkaRecord> records) {
    std::size_t bytes = 0;
    for (const KafkaRecord& record : records)
      bytes += sizeof(RecordHead) + aligned_up(record.value.size(), 8);
    batch->reserve(bytes);
    for (const KafkaRecord& record : records) {
      if (batch->count() == found.neighbours || other) return;
      aligned.clear();
      aligned.append(record.value);
      flatbuffers::Verifier verifier(aligned.data(), aligned.size());
      const uint64_t expected = from.value + batch->count();
      if (aligned.empty() || !verifier.VerifyBuffer<envelope::Outcome>(nullptr) ||
          flatbuffers::GetRoot<envelope::Outcome>(aligned.data())->sequence() != expected) {
        other = record.offset;
        return;
      }
      const auto* outcome = flatbuffers::GetRoot<envelope::Outcome>(aligned.data());
      batch->add(expected, {outcome->time()}, aligned);
    }
  };
  const auto fetched =
      shared_.client.fetch({id_, LogSide::outcomes}, found.offset, bytes_max, take);
  if (!fetched) return tl::unexpected<Fault>(gone(fetched.error(), LogSide::outcomes, from.value));
  if (other || batch->empty())
    return stop("log_changed", place(LogSide::outcomes, other.value_or(found.offset)) +
                                   " is not what it was when it was read before");
  return BatchPtr{batch};
}

/// Folds the topic again from the last outcome before that the index knows.
Result<BatchPtr> KafkaPartition::search_outcomes(Sequence from, OffsetIndex::Place near,
                                                 uint64_t behind, std::size_t bytes_max) {
  const auto batch = std::make_shared<RecordBatch>(id_, LogSide::outcomes);
  FoldedTopic begin;
  begin.next_offset = near.offset;
  begin.tail.sequence = {near.known.value - 1};
  std::optional<ValidOutcomes> fold;
  bool other = false;
  const auto take = [&](std::span<const KafkaRecord> records) {
    for (const KafkaRecord& record : records) {
      if (other || batch->count() == behind) return;
      if (!fold) fold = fold_before(begin, record.value);
      const auto verdict = fold->feed(record.offset, record.value);
      const Tail& tail = fold->at().tail;
      other = verdict == ValidOutcomes::Verdict::broken || tail.sequence < near.known;
      if (verdict == ValidOutcomes::Verdict::valid && tail.sequence >= from)
        batch->add(tail.sequence.value, tail.time, fold->value());
    }
  };
  while (batch->empty() && !other) {
    const int64_t next = fold ? fold->at().next_offset : near.offset;
    const auto fetched =
        shared_.client.fetch({id_, LogSide::outcomes}, next, bytes_max, take);
    if (!fetched)
      return tl::unexpected<Fault>(gone(fetched.error(), LogSide::outcomes, from.value));
  }
  if (batch->empty())
    return stop("log_changed", place(LogSide::outcomes, fold->at().next_offset) +
                                   " is not what it was when it was read before");
  return BatchPtr{batch};
}

/// As it stood before the outcome `value` counted: in its epoch, behind its chain.
ValidOutcomes KafkaPartition::fold_before(FoldedTopic at, Bytes value) {
  ByteBuffer aligned;
  aligned.append(value);
  flatbuffers::Verifier verifier(aligned.data(), aligned.size());
  if (!aligned.empty() && verifier.VerifyBuffer<envelope::Outcome>(nullptr)) {
    const auto* outcome = flatbuffers::GetRoot<envelope::Outcome>(aligned.data());
    at.epoch = {outcome->epoch()};
    at.tail.chain = outcome->chain();
  }
  return ValidOutcomes(at);
}

Fault KafkaPartition::gone(const Fault& fault, LogSide side, uint64_t from) const {
  Fault named = fault;
  named.detail = std::string(side == LogSide::commands ? "command " : "outcome ") +
                 std::to_string(from) + " of " + place(side, -1) + ": " + fault.detail;
  return named;
}

void KafkaPartition::on_durable(Bell* bell) {
  Lock lock(mutex_);
  bells_.push_back(bell);
}

std::optional<KafkaResume> KafkaPartition::resume() const {
  Lock lock(mutex_);
  if (unchecked_ || broken_) return std::nullopt;
  return KafkaResume{fold_.at(), index_.runs()};
}

std::string KafkaPartition::place(LogSide side, int64_t offset) const {
  std::string text = "spate." + name_ + (side == LogSide::commands ? ".commands" : ".outcomes") +
                     ".v1 partition " + std::to_string(id_.index);
  if (offset >= 0) text += " offset " + std::to_string(offset);
  return text;
}

}  // namespace spate
