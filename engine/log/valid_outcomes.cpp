// The rules of the fold, in the order of the table in the header.
#include "engine/log/valid_outcomes.hpp"

#include "engine/log/chain.hpp"
#include "schemas/envelope_generated.h"

namespace spate {
namespace {

constexpr std::size_t alignment = 8;
constexpr flatbuffers::uoffset_t depth_max = 64, tables_max = 1 << 20;
constexpr auto skipped_from = static_cast<envelope::Kind>(128);

}  // namespace

ValidOutcomes::Verdict ValidOutcomes::feed(int64_t offset, Bytes value) {
  if (offset != at_.next_offset)
    return broken("the record before it is missing: " + std::to_string(at_.next_offset) +
                  " was expected");
  value_ = value;
  if (reinterpret_cast<uintptr_t>(value.data()) % alignment != 0) {
    aligned_.clear();
    aligned_.append(value);
    value_ = aligned_;
  }
  const Verdict verdict = judge(value_);
  if (verdict == Verdict::broken) return verdict;
  if (verdict == Verdict::valid) at_.tail_offset = offset;
  ++at_.next_offset;
  return verdict;
}

ValidOutcomes::Verdict ValidOutcomes::judge(Bytes value) {
  flatbuffers::Verifier verifier(value.data(), value.size(), depth_max, tables_max);
  if (value.empty() || !verifier.VerifyBuffer<envelope::Outcome>(nullptr))
    return broken("it is not an outcome");
  const auto& outcome = *flatbuffers::GetRoot<envelope::Outcome>(value.data());
  if (outcome.kind() == kind_of_marks) note_mark(outcome);
  if (outcome.kind() >= skipped_from) return Verdict::ignored;
  if (outcome.kind() == envelope::Kind::none || outcome.kind() > envelope::Kind::controlled)
    return broken("this version knows no kind " +
                  std::to_string(static_cast<unsigned>(outcome.kind())));
  const Epoch epoch{outcome.epoch()};
  if (outcome.kind() == envelope::Kind::ownership) {
    if (epoch <= at_.epoch) return Verdict::ignored;
    at_.epoch = epoch;
    at_.nonce = outcome.nonce() == nullptr ? Hash128{}
                                           : Hash128{outcome.nonce()->hi(), outcome.nonce()->lo()};
    at_.address = outcome.address() == nullptr ? "" : outcome.address()->str();
    at_.voided = false;
    return Verdict::ownership;
  }
  if (epoch > at_.epoch)
    return broken("its epoch " + std::to_string(epoch.value) + " was never claimed");
  if (epoch < at_.epoch || at_.voided) return Verdict::ignored;
  Tail& tail = at_.tail;
  const Sequence sequence{outcome.sequence()};
  if (sequence <= tail.sequence) return Verdict::ignored;
  if (sequence > tail.sequence.next()) {
    at_.voided = true;
    return Verdict::ignored;
  }
  if (outcome.chain() != tail.chain)
    return broken("outcome " + std::to_string(sequence.value) +
                  " does not continue the valid outcomes before it");
  tail.sequence = sequence;
  tail.cause = std::max(tail.cause, Cause{outcome.cause()});
  tail.time = {outcome.time()};
  tail.chain = next_chain(value);
  return Verdict::valid;
}

/// It speaks of what its owner had decided: so all that it decided before must count.
void ValidOutcomes::note_mark(const envelope::Outcome& mark) {
  const bool counts = Epoch{mark.epoch()} == at_.epoch && !at_.voided &&
                      Sequence{mark.sequence()} == at_.tail.sequence &&
                      mark.chain() == at_.tail.chain;
  if (counts) at_.passed = std::max(at_.passed, Cause{mark.cause()});
}

void ValidOutcomes::take_own_mark(Cause passed) {
  at_.passed = std::max(at_.passed, passed);
  ++at_.next_offset;
}

void ValidOutcomes::take_own(int64_t offset, const RecordView& last) {
  advance(at_.tail, at_.epoch, LogSide::outcomes, last);
  at_.tail_offset = offset;
  at_.next_offset = offset + 1;
}

ValidOutcomes::Verdict ValidOutcomes::broken(std::string reason) {
  reason_ = std::move(reason);
  return Verdict::broken;
}

ByteBuffer mark_record(Epoch epoch, const Tail& tail, Cause passed) {
  flatbuffers::FlatBufferBuilder builder;
  envelope::OutcomeBuilder outcome(builder);
  outcome.add_kind(kind_of_marks);
  outcome.add_epoch(epoch.value);
  outcome.add_sequence(tail.sequence.value);
  outcome.add_chain(tail.chain);
  outcome.add_cause(passed.value);
  builder.Finish(outcome.Finish());
  ByteBuffer record;
  record.append({builder.GetBufferPointer(), builder.GetSize()});
  return record;
}

ByteBuffer ownership_record(Epoch epoch, const Hash128& nonce, std::string_view address) {
  flatbuffers::FlatBufferBuilder builder;
  const auto text = builder.CreateString(address.data(), address.size());
  const envelope::Id id(nonce.hi, nonce.lo);
  envelope::OutcomeBuilder outcome(builder);
  outcome.add_kind(envelope::Kind::ownership);
  outcome.add_epoch(epoch.value);
  outcome.add_nonce(&id);
  outcome.add_address(text);
  builder.Finish(outcome.Finish());
  ByteBuffer record;
  record.append({builder.GetBufferPointer(), builder.GetSize()});
  return record;
}

}  // namespace spate
