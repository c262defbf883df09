// Records built with the envelope's own builders.
#include "tests/support/log_records.hpp"

#include "engine/log/chain.hpp"
#include "schemas/envelope_generated.h"

namespace spate {
namespace {

constexpr int64_t stamp_step_ns = 1000;

Bytes finished(flatbuffers::FlatBufferBuilder& builder) {
  return {builder.GetBufferPointer(), builder.GetSize()};
}

}  // namespace

Topology log_topology(std::initializer_list<std::pair<const char*, uint16_t>> domains) {
  std::vector<DomainPlace> places;
  for (const auto& [name, partitions] : domains)
    places.push_back({name, static_cast<uint16_t>(places.size() + 1), partitions});
  return Topology(std::move(places));
}

BatchPtr command_batch(PartitionId partition, Cause first, std::size_t count,
                       std::string_view text) {
  auto batch = std::make_shared<RecordBatch>(partition, LogSide::commands);
  flatbuffers::FlatBufferBuilder builder;
  for (std::size_t i = 0; i < count; ++i) {
    const uint64_t number = first.value + i;
    builder.Clear();
    const auto stream = builder.CreateString("stream-" + std::to_string(number % 7));
    builder.ForceVectorAlignment(text.size(), 1, 8);
    const auto payload =
        builder.CreateVector(reinterpret_cast<const uint8_t*>(text.data()), text.size());
    const envelope::Id id(partition.packed(), number);
    envelope::CommandBuilder command(builder);
    command.add_id(&id);
    command.add_type(2);
    command.add_stream(stream);
    command.add_payload(payload);
    builder.Finish(command.Finish());
    batch->add(number, {static_cast<int64_t>(number) * stamp_step_ns}, finished(builder));
  }
  return batch;
}

BatchPtr outcome_batch(PartitionId partition, Tail& tail, Epoch epoch, Cause first_cause,
                       std::size_t count, std::string_view text) {
  auto batch = std::make_shared<RecordBatch>(partition, LogSide::outcomes);
  flatbuffers::FlatBufferBuilder builder;
  for (std::size_t i = 0; i < count; ++i) {
    const Cause cause = first_cause.plus(i);
    const Instant time{static_cast<int64_t>(cause.value) * stamp_step_ns};
    builder.Clear();
    const auto reason = builder.CreateString(text.data(), text.size());
    const envelope::Id id(partition.packed(), cause.value);
    envelope::OutcomeBuilder outcome(builder);
    outcome.add_kind(envelope::Kind::accepted);
    outcome.add_sequence(tail.sequence.value + 1);
    outcome.add_cause(cause.value);
    outcome.add_epoch(epoch.value);
    outcome.add_time(time.ns);
    outcome.add_chain(tail.chain);
    outcome.add_id(&id);
    outcome.add_reason(reason);
    builder.Finish(outcome.Finish());
    batch->add(tail.sequence.value + 1, time, finished(builder));
    tail.sequence = tail.sequence.next();
    tail.cause = cause;
    tail.time = time;
    tail.chain = next_chain(finished(builder));
  }
  return batch;
}

std::string numbers_in(Log& log, LogSide side, PartitionId partition, uint64_t from) {
  std::string text = side == LogSide::commands ? "commands" : "outcomes";
  text += " " + std::to_string(partition.domain) + "." + std::to_string(partition.index) + ":";
  for (;;) {
    const auto batch = log.read(side, partition, from, 1 << 16);
    if (!batch) return text + " fault " + batch.error().code;
    if (*batch == nullptr) return text;
    for (const RecordView& record : **batch) {
      if (record.head.number < from) continue;
      text += " " + std::to_string(record.head.number);
      from = record.head.number + 1;
    }
  }
}

}  // namespace spate
