// OutcomeLog: durable outcomes of one partition, written by hand, for tests of what folds them.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "engine/api/envelope.hpp"
#include "engine/log/chain.hpp"
#include "engine/log/memory_log.hpp"

namespace spate {

struct WrittenEvent {
  uint16_t type = 0;
  std::string payload;  ///< its FlatBuffer, or what a test's own projection reads
};

struct WrittenOutcome {
  std::string stream;
  std::vector<WrittenEvent> events;
  envelope::Kind kind = envelope::Kind::accepted;
  uint64_t origin = 0;
  std::optional<uint64_t> chain;     ///< instead of the right one
  std::optional<uint64_t> sequence;  ///< within the record, instead of the right one
};

/// Numbers, chains and stamps outcomes as a processor would, one second apart.
class OutcomeLog {
 public:
  static constexpr int64_t second_ns = 1'000'000'000;

  OutcomeLog(MemoryLog& log, PartitionId partition)
      : log_(log), partition_(partition), epoch_(log.acquire(partition)->epoch) {}

  /// Appends the outcomes as one batch and makes them durable.
  void append(const std::vector<WrittenOutcome>& outcomes) {
    auto batch = std::make_shared<RecordBatch>(partition_, LogSide::outcomes);
    const Sequence expected = tail_.sequence.next();
    for (const WrittenOutcome& outcome : outcomes) add(outcome, *batch);
    ENSURE(log_.append_outcomes(partition_, epoch_, expected, std::move(batch)) == Taken::yes);
    log_.make_durable(partition_);
  }
  void accept(const std::string& stream, std::vector<WrittenEvent> events) {
    append({{stream, std::move(events)}});
  }
  const Tail& tail() const { return tail_; }

 private:
  void add(const WrittenOutcome& written, RecordBatch& batch) {
    builder_.Clear();
    std::vector<flatbuffers::Offset<envelope::Event>> events;
    for (const WrittenEvent& event : written.events) {
      builder_.ForceVectorAlignment(event.payload.size(), 1, 8);
      const auto payload = builder_.CreateVector(
          reinterpret_cast<const uint8_t*>(event.payload.data()), event.payload.size());
      events.push_back(envelope::CreateEvent(builder_, event.type, 0, payload));
    }
    const auto list = builder_.CreateVector(events);
    const auto stream = builder_.CreateString(written.stream);
    tail_.sequence = tail_.sequence.next();
    tail_.cause = tail_.cause.next();
    tail_.time.ns += second_ns;
    envelope::OutcomeBuilder outcome(builder_);
    outcome.add_kind(written.kind);
    outcome.add_sequence(written.sequence.value_or(tail_.sequence.value));
    outcome.add_cause(tail_.cause.value);
    outcome.add_epoch(epoch_.value);
    outcome.add_time(tail_.time.ns);
    outcome.add_chain(written.chain.value_or(tail_.chain));
    outcome.add_stream(stream);
    outcome.add_events(list);
    outcome.add_origin(written.origin);
    builder_.Finish(outcome.Finish());
    const Bytes body{builder_.GetBufferPointer(), builder_.GetSize()};
    batch.add(tail_.sequence.value, tail_.time, body);
    tail_.chain = next_chain(body);
  }

  MemoryLog& log_;
  const PartitionId partition_;
  const Epoch epoch_;
  Tail tail_;
  flatbuffers::FlatBufferBuilder builder_;
};

}  // namespace spate
