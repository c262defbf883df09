// Batch by batch; times are found by bisection.
#include "engine/log/outcome_walk.hpp"

namespace spate {
namespace {

constexpr std::size_t walk_read_bytes = 256 << 10;

Result<BatchPtr> batch_with(Log& log, LogSide side, PartitionId partition, uint64_t number,
                            RecordView& record) {
  TRY(BatchPtr batch, log.read(side, partition, number, 1));
  if (batch != nullptr)
    for (const RecordView found : *batch)
      if (found.head.number == number) {
        record = found;
        return batch;
      }
  return BatchPtr{};
}

}  // namespace

Result<OutcomeWalk::Pause> OutcomeWalk::step(uint64_t outcomes_max, const Visit& visit) {
  for (uint64_t visited = 0;;) {
    if (visited == outcomes_max) return Pause::spent;
    if (batch_ == nullptr || batch_->last() <= at_.value) {
      TRY(batch_, log_.read(LogSide::outcomes, partition_, at_.value + 1, walk_read_bytes));
      if (batch_ == nullptr || batch_->empty() || batch_->last() <= at_.value) return Pause::ended;
    }
    for (const RecordView record : *batch_) {
      if (record.head.number <= at_.value) continue;
      if (record.head.number != at_.value + 1)
        return stop("log_gap", "outcome " + std::to_string(record.head.number) + " of partition " +
                                   std::to_string(partition_.domain) + "/" +
                                   std::to_string(partition_.index) + " stands where " +
                                   std::to_string(at_.value + 1) + " is due");
      if (visited == outcomes_max) return Pause::spent;
      at_ = {record.head.number};
      ++visited;
      if (!visit(record)) return Pause::stopped;
    }
  }
}

Result<std::optional<Instant>> time_of(Log& log, PartitionId partition, Sequence sequence) {
  RecordView record;
  TRY(const BatchPtr batch, batch_with(log, LogSide::outcomes, partition, sequence.value, record));
  if (batch == nullptr) return std::optional<Instant>{};
  return std::optional<Instant>{{record.head.time}};
}

Result<Sequence> last_until(Log& log, PartitionId partition, Instant time) {
  const auto is_within = [&](uint64_t number) -> Result<bool> {
    TRY(const std::optional<Instant> at, time_of(log, partition, {number}));
    return at.has_value() && *at <= time;
  };
  uint64_t within = 0, beyond = 1;
  for (;; beyond *= 2) {
    TRY(const bool is_older, is_within(beyond));
    if (!is_older) break;
    within = beyond;
  }
  while (beyond - within > 1) {
    const uint64_t middle = within + (beyond - within) / 2;
    TRY(const bool is_older, is_within(middle));
    (is_older ? within : beyond) = middle;
  }
  return Sequence{within};
}

Result<KeptCommand> command_of_outcome(Log& log, PartitionId partition,
                                       const envelope::Outcome& outcome) {
  if (outcome.command() != nullptr && outcome.command()->size() > 0)
    return KeptCommand{flatbuffers::GetRoot<envelope::Command>(outcome.command()->data()), {}};
  if (log.numbering() != Numbering::owner) return KeptCommand{};
  const uint64_t number = outcome.origin() != 0 ? outcome.origin() : outcome.cause();
  RecordView record;
  TRY(BatchPtr batch, batch_with(log, LogSide::commands, partition, number, record));
  if (batch == nullptr) return KeptCommand{};
  const auto* command = flatbuffers::GetRoot<envelope::Command>(record.body.data());
  return KeptCommand{command, std::move(batch)};
}

}  // namespace spate
