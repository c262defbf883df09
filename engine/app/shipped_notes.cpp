// Notes name the last outcome that was read: whoever begins with them is held to the topic by it.
#include "engine/app/shipped_notes.hpp"

#include "engine/log/chain.hpp"

namespace spate {

Result<std::vector<ShippedPartition>> copy_notes(Storage& from, Storage& to,
                                                 const LogIdentity& identity,
                                                 const Topology& topology) {
  KafkaNotes read(from, identity), written(to, identity);
  std::vector<ShippedPartition> partitions;
  for (const DomainPlace& domain : topology.domains()) {
    for (uint16_t index = 0; index < domain.partitions; ++index) {
      ShippedPartition& partition = partitions.emplace_back();
      partition.domain = domain.name;
      partition.id = {domain.number, index};
      const auto note = read.read(partition.id);
      if (!note) continue;  // nothing was ever read of it
      TRY(written.write(partition.id, *note));
      partition.next_offset = note->folded.next_offset;
      partition.tail_offset = note->folded.tail_offset;
      partition.epoch = note->folded.epoch;
      partition.sequence = note->folded.tail.sequence;
      partition.chain = note->folded.tail.chain;
    }
  }
  return partitions;
}

Result<std::string> misfit(const ShippedPartition& partition, const Topology& topology,
                           KafkaClient& client,
                           const std::function<Result<int64_t>(PartitionId)>& end) {
  const std::string name = partition.domain + "/" + std::to_string(partition.id.index);
  if (!topology.contains(partition.id)) return "it has " + name + ", which this log has not";
  if (partition.tail_offset < 0) return std::string();
  TRY(const int64_t ends, end(partition.id));
  const std::string where = "offset " + std::to_string(partition.tail_offset) +
                            " of the outcomes of " + name;
  if (partition.tail_offset >= ends)
    return "it is ahead of the log: " + where + " is not there, the topic ends at " +
           std::to_string(ends);
  bool is_same = false;
  const auto compare = [&](std::span<const KafkaRecord> records) {
    is_same = next_chain(records.front().value) == partition.chain;
  };
  const auto fetched =
      client.fetch({partition.id, LogSide::outcomes}, partition.tail_offset, 1, compare);
  if (!fetched && fetched.error().action == FaultAction::retry)
    return tl::unexpected<Fault>(fetched.error());
  if (!fetched) return fetched.error().detail;
  return is_same ? std::string() : "the log holds another outcome at " + where;
}

}  // namespace spate
