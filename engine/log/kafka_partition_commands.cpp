// Commands as their owner meets them: read, queued, and where they end.
#include "engine/log/kafka_partition.hpp"

namespace spate {

void KafkaPartition::commands_came(std::span<const KafkaRecord> records) {
  if (role_ != Role::owned) return;
  const auto batch = std::make_shared<RecordBatch>(id_, LogSide::commands);
  for (const KafkaRecord& record : records) add_command(shared_, record, scratch_, *batch);
  if (batch->empty()) return;
  Lock lock(mutex_);
  commands_read_ = std::max(commands_read_, Cause{batch->last()});
  commands_next_ = records.back().offset + 1;
  commands_.add(batch);
  answer_commands_end();
  moved_ = true;
  if (commands_held_ || commands_.bytes() <= shared_.limits.queued_command_bytes_max) return;
  commands_held_ = true;
  shared_.client.hold({id_, LogSide::commands}, true);
}

void KafkaPartition::commands_passed(int64_t next) {
  if (role_ != Role::owned) return;
  Lock lock(mutex_);
  commands_next_ = std::max(commands_next_, next);
  answer_commands_end();
}

/// Who waits for commands of this node cannot be told which of them it was.
void KafkaPartition::command_failed() {
  Lock lock(mutex_);
  ++commands_failed_;
  moved_ = true;
}

/// One question is on its way at a time: its answer answers all that came before it was put.
void KafkaPartition::ask_commands_end() {
  if (end_asked_ != end_answered_ || end_wanted_ == end_asked_) return;
  end_asked_ = end_wanted_;
  shared_.client.ask_end({id_, LogSide::commands});
}

void KafkaPartition::commands_end(int64_t offset) {
  Lock lock(mutex_);
  end_offset_ = offset;
  answer_commands_end();
}

/// The offsets before the end may hold no record: only who has read up to there knows the last.
void KafkaPartition::answer_commands_end() {
  if (role_ != Role::owned || end_offset_ < 0 || commands_next_ < end_offset_) return;
  end_offset_ = -1;
  end_answered_ = end_asked_;
  commands_end_ = std::max(commands_read_, fold_.at().tail.cause);
  ask_commands_end();
  moved_ = true;
}

}  // namespace spate
