// The sequencer: cause numbers and stamps are given out here alone (A1).
#include "engine/processor/partition_processor.hpp"

namespace spate {

bool PartitionProcessor::admit(const RequestHead& head, Bytes body, uint16_t mailbox) {
  return head.ask == Ask::find ? admit_find(head, mailbox) : admit_command(head, body, mailbox);
}

bool PartitionProcessor::admit_find(const RequestHead& head, uint16_t mailbox) {
  if (finds_.size() >= limits_.finds_pending_max) return false;
  if (replies_.pending() + finds_.size() >= limits_.replies_pending_max) return false;
  const Waiter waiter{head.ticket, mailbox, false};
  if (phase_ != Phase::owned) replies_.now(waiter, Answer::not_ready);
  else finds_.push_back({last_cause_, parts_.log->ask_end(parts_.id), head.id, waiter});
  return true;
}

/// Why a command cannot be taken now; nothing when it can.
std::optional<Answer> PartitionProcessor::refusal(std::string_view stream) {
  if (draining_) return Answer::shutting_down;
  if (phase_ != Phase::owned) return Answer::not_ready;
  if (parts_.log->storage_full()) return Answer::storage_full;
  if (stats_.parked_streams.get() == 0) return std::nullopt;
  row_key(stream_table, stream, {}, key_);
  const Bytes stored = parts_.rows->find(key_);
  StreamRow row;
  if (stored.data() != nullptr) std::memcpy(&row, stored.data(), sizeof row);
  if (row.parked() >= limits_.parked_per_stream_max) return Answer::stream_parked;
  return std::nullopt;
}

/// Opens the batch that gathers this turn's commands under one stamp. False: the clock jumped.
bool PartitionProcessor::begin_incoming() {
  Result<Instant> stamp = log_numbers_ ? parts_.clock->wall() : stamp_.next();
  trouble_ = stamp ? "" : stamp.error().detail;
  if (!stamp) return false;
  incoming_ = std::make_shared<RecordBatch>(parts_.id, LogSide::commands);
  incoming_->reserve(incoming_bytes_guess_);
  incoming_time_ = *stamp;
  return true;
}

bool PartitionProcessor::admit_command(const RequestHead& head, Bytes body, uint16_t mailbox) {
  const Waiter waiter{head.ticket, mailbox, head.async};
  const auto refuse = [&](Answer answer) {
    if (head.ticket != 0) replies_.now(waiter, answer);
    return true;
  };
  if (incoming_ && (incoming_->count() >= limits_.batch_commands_max ||
                    incoming_->bytes().size() >= limits_.batch_bytes_max))
    return false;
  const uint64_t undecided = last_cause_.value - decided_.value + unread_.size();
  if (replies_.pending() + undecided >= limits_.replies_pending_max) return false;
  const std::string_view stream = text_of(command_of(body).stream());
  const auto answer = refusal(stream);
  // What has its answer needs neither room nor a place behind parked ones.
  const bool takes_none = answer == Answer::stream_parked || answer == Answer::storage_full;
  if (head.ticket != 0 && (head.async || takes_none) && repeat(head, body, waiter)) return true;
  if (answer) return refuse(*answer);
  if (!incoming_ && !begin_incoming()) return refuse(Answer::not_ready);
  const uint64_t place = head.ticket == 0 ? 0 : waiters_.add(waiter);
  if (log_numbers_) {  // what it is numbered is known when it is read
    incoming_->add(incoming_->count() + 1, incoming_time_, body);
    incoming_->tickets.push_back(place);
    stats_.sequenced.add();
    return true;
  }
  const Cause cause = last_cause_.next();
  incoming_->add(cause.value, incoming_time_, body);
  incoming_->tickets.push_back(head.async ? 0 : place);
  if (head.async && place != 0) replies_.when_command_durable(cause, place);
  last_cause_ = cause;
  stats_.sequenced.add();
  return true;
}

/// Answers a duplicate of what is decided with the stored outcome; false when it is none.
bool PartitionProcessor::repeat(const RequestHead& head, Bytes body, const Waiter& waiter) {
  if (phase_ != Phase::owned) return false;
  const auto known = parts_.ids->find(head.id);
  if (!known || !*known || (*known)->fingerprint != command_of(body).fingerprint()) return false;
  stats_.duplicates.add();
  replies_.when_durable({sequence_, (*known)->sequence, {}, waiters_.add(waiter), true});
  return true;
}

bool PartitionProcessor::append_incoming() {
  if (!incoming_) return false;
  if (parts_.log->append_commands(parts_.id, incoming_) == Taken::full) return false;
  if (!log_numbers_) commands_end_ = {incoming_->last()};
  for (const uint64_t ticket : incoming_->tickets)
    if (log_numbers_ && ticket != 0) unread_.push_back(ticket);
  incoming_bytes_guess_ = incoming_->bytes().size() + 256;
  incoming_.reset();
  return true;
}

}  // namespace spate
