// The rules that hold between neighbouring records of a partition.
#include "engine/log/tail_check.hpp"

#include "engine/log/chain.hpp"
#include "schemas/envelope_generated.h"

namespace spate {
namespace {

std::string name_of(PartitionId id) {
  return std::to_string(id.domain) + "." + std::to_string(id.index);
}

}  // namespace

std::string name_of(const RecordHead& head) {
  return (head.side == LogSide::commands ? "command " : "outcome ") + std::to_string(head.number) +
         " of partition " + name_of(PartitionId{head.domain, head.index});
}

TailCheck::TailCheck(const Topology& topology) : topology_(topology) {
  for (const PartitionId id : topology.partitions()) states_.push_back({id, {}, {}});
}

std::string TailCheck::start_from(const std::vector<PartitionState>& states) {
  for (const PartitionState& state : states) {
    if (!topology_.contains(state.id)) return "unknown partition " + name_of(state.id);
    states_[topology_.dense_index(state.id)] = state;
  }
  return {};
}

std::string TailCheck::add(const RecordView& record) {
  const PartitionId id{record.head.domain, record.head.index};
  if (record.head.crc != record_crc(record.head, record.body))
    return name_of(record.head) + " fails its checksum";
  if (!topology_.contains(id)) return name_of(record.head) + " is of no known partition";
  PartitionState& state = states_[topology_.dense_index(id)];
  if (record.head.side == LogSide::outcomes) return add_outcome(record, state);
  if (record.head.number <= state.tail.command.value)
    return name_of(record.head) + " comes after " + std::to_string(state.tail.command.value);
  state.tail.command = {record.head.number};
  return {};
}

std::string TailCheck::add_outcome(const RecordView& record, PartitionState& state) {
  flatbuffers::Verifier verifier(record.body.data(), record.body.size());
  if (!verifier.VerifyBuffer<envelope::Outcome>(nullptr))
    return name_of(record.head) + " is no outcome";
  const auto* outcome = flatbuffers::GetRoot<envelope::Outcome>(record.body.data());
  Tail& tail = state.tail;
  if (record.head.number != tail.sequence.value + 1)
    return name_of(record.head) + " comes after " + std::to_string(tail.sequence.value);
  if (outcome->chain() != tail.chain) return name_of(record.head) + " breaks the chain";
  if (outcome->cause() < tail.cause.value || outcome->cause() > tail.command.value)
    return name_of(record.head) + " is caused by " + std::to_string(outcome->cause()) +
           ", not within " + std::to_string(tail.cause.value) + " … " +
           std::to_string(tail.command.value);
  tail.sequence = {record.head.number};
  tail.cause = {outcome->cause()};
  tail.time = {record.head.time};
  tail.chain = next_chain(record.body);
  state.epoch = std::max(state.epoch, Epoch{outcome->epoch()});
  return {};
}

std::string TailCheck::finish() const {
  for (const PartitionState& state : states_)
    if (state.tail.cause > state.tail.command)
      return "partition " + name_of(state.id) + " has an outcome of command " +
             std::to_string(state.tail.cause.value) + ", its last command is " +
             std::to_string(state.tail.command.value);
  return {};
}

}  // namespace spate
