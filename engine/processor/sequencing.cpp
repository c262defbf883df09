// The sequencer: cause numbers and stamps are given out here alone (A1).
#include "engine/processor/partition_processor.hpp"

namespace spate {
namespace {

constexpr uint32_t storm_commands = 1024;  // without a repeat among them the storm is over

}  // namespace

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
  incoming_ = std::make_shared<RecordBatch>(parts_.id, LogSide::commands, !log_numbers_);
  incoming_->reserve(incoming_bytes_guess_);
  incoming_time_ = *stamp;
  return true;
}

bool PartitionProcessor::has_room() const {
  if (incoming_ && (incoming_->count() >= limits_.batch_commands_max ||
                    incoming_->bytes().size() >= limits_.batch_bytes_max))
    return false;
  const uint64_t undecided = last_cause_.value - decided_.value + unread_.size();
  return replies_.pending() - replies_.repeats() + undecided < limits_.replies_pending_max;
}

bool PartitionProcessor::admit_command(const RequestHead& head, Bytes body, uint16_t mailbox) {
  const Waiter waiter{head.ticket, mailbox, head.async};
  const auto refuse = [&](Answer answer) {
    if (head.ticket != 0) replies_.now(waiter, answer);
    return true;
  };
  const bool has_place = has_room();
  const std::string_view stream = text_of(command_of(body).stream());
  const auto answer = refusal(stream);
  // What has its answer needs neither room nor a place behind parked ones.
  const bool takes_none = answer == Answer::stream_parked || answer == Answer::storage_full;
  // Elsewhere it goes the way of all commands: a look-up for each at the door would cost new ones
  // more than a repeat now and then does.
  if (head.ticket != 0 && (head.async || takes_none || !has_place || storm_ > 0)) {
    const Repeat found = repeat(head, body, waiter);
    if (found != Repeat::none) return found == Repeat::taken;
  }
  if (!has_place) return false;
  if (storm_ > 0) --storm_;
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

/// Answers a command that was decided before, under a limit of its own (D4): beyond it it is told
/// to come again, so that those behind it are not held up.
PartitionProcessor::Repeat PartitionProcessor::repeat(const RequestHead& head, Bytes body,
                                                      const Waiter& waiter) {
  if (phase_ != Phase::owned) return Repeat::none;
  const auto known = parts_.ids->find(head.id);
  if (!known || !*known || (*known)->fingerprint != command_of(body).fingerprint())
    return Repeat::none;
  if (replies_.repeats() >= 2 * limits_.repeats_pending_max) return Repeat::no_room;
  expect_repeats();
  stats_.duplicates.add();
  const Sequence first = (*known)->sequence;
  if (replies_.repeats() >= limits_.repeats_pending_max)
    replies_.repeat_now(waiter, Answer::overloaded, {});
  else if (first <= durable_)
    replies_.repeat_now(waiter, Answer::duplicate, first);
  else
    replies_.when_durable({sequence_, first, {}, waiters_.add(waiter), true, true});
  return Repeat::taken;
}

void PartitionProcessor::expect_repeats() { storm_ = storm_commands; }

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
