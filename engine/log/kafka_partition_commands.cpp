// Commands as their owner meets them: read, queued, and where they end.
#include "engine/log/kafka_partition.hpp"

namespace spate {

void KafkaPartition::commands_came(std::span<const KafkaRecord> records) {
  if (role_ != Role::owned) return;
  const auto batch = std::make_shared<RecordBatch>(id_, LogSide::commands, false);
  batch->reserve(records.size() * command_bytes_guess_);
  for (const KafkaRecord& record : records) add_command(shared_, record, scratch_, *batch);
  if (batch->empty()) return;
  command_bytes_guess_ = batch->bytes().size() / batch->count() + 16;
  Lock lock(mutex_);
  commands_read_ = std::max(commands_read_, Cause{batch->last()});
  commands_came_ = {batch->last()};
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
  turn_wanted_.store(true);
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

/// Only when nothing is in flight: so the mark speaks of outcomes that are durable.
void KafkaPartition::mark_passed(int64_t now_ns) {
  const Cause passed{static_cast<uint64_t>(commands_next_)};
  if (role_ != Role::owned || mark_token_ != 0 || passed <= fold_.at().decided()) {
    mark_at_ns_ = 0;
    return;
  }
  const bool is_idle = granted_ && !resigning_ && !reading_ && in_flight_.empty() &&
                       commands_taken_ >= commands_came_;
  if (mark_at_ns_ == 0 || !is_idle) mark_at_ns_ = now_ns + shared_.limits.mark_delay_ns;
  due_ns_ = std::min(due_ns_, mark_at_ns_);
  if (now_ns < mark_at_ns_) return;
  const ByteBuffer record = mark_record(epoch_, fold_.at().tail, passed);
  const auto sent = shared_.client.send_outcome(id_, in_flight_.next(), {}, record);
  if (sent == KafkaClient::Sent::full) return;
  mark_token_ = in_flight_.mint();
  mark_ = passed;
}

void KafkaPartition::mark_reported(const KafkaReport& report, bool continues) {
  mark_token_ = 0;
  if (!continues && !reading_) {  // somebody else may have written: found out by owning again
    lose(Progress::Fate::unknown);
    return wait_before_claiming(false);
  }
  reported_ = report.token;
  in_flight_.pass(report.token);
  if (reading_) return finish_reading();  // it was read, or will be
  ++expected_;
  fold_.take_own_mark(mark_);
  front_end_ = in_flight_.front_end();
}

}  // namespace spate
