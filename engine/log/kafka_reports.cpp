// What is durable: reports that continue exactly, and else what the log itself shows.
#include <utility>

#include "engine/log/chain.hpp"
#include "engine/log/kafka_partition.hpp"

namespace spate {

void KafkaPartition::reported(const KafkaReport& report) {
  const bool continues = role_ == Role::owned && !reading_ && deferred_ == 0 &&
                         report.offset == expected_ && report.token == reported_ + 1 &&
                         report.token > read_ahead_ &&
                         report.fate == KafkaReport::Fate::delivered &&
                         report.session == session_;
  // Within a batch: no lock, no look. Before it a mark may lie, sent when there was no batch.
  if (continues && report.token < front_end_ && report.token != mark_token_) {
    ++reported_;
    ++expected_;
    return;
  }
  Lock lock(mutex_);
  const uint64_t first = role_ == Role::claiming ? claim_token_ : reported_ + 1;
  const bool speaks_of_now = (role_ == Role::owned || role_ == Role::claiming) &&
                             report.session == session_ && report.token >= first;
  if (!speaks_of_now) return;  // of an ownership that is over
  if (report.fate == KafkaReport::Fate::failed || (role_ == Role::owned && report.token != first)) {
    lose(Progress::Fate::unknown);
    wait_before_claiming(false);
  } else if (report.token == mark_token_) {
    mark_reported(report, continues);
  } else if (continues) {
    ++reported_;
    ++expected_;
    front_end_ = in_flight_.front_end();
    if (reported_ >= front_end_) settle();
  } else if (role_ == Role::owned) {
    look_into(report);
  }
}

/// A report that does not continue: somebody else wrote, or it does not say where (amendment 1).
void KafkaPartition::look_into(const KafkaReport& report) {
  if (!reading_ && deferred_ == 0) settle();
  ++reported_;
  if (report.token <= in_flight_.settled()) return finish_reading();  // it was read before
  if (report.offset >= 0 && report.offset < fold_.at().next_offset)
    return stop_at(LogSide::outcomes, report.offset,
                   "an outcome of ours is reported where another record was read");
  if (report.offset < 0) deferred_ = report.token;
  else read_to(report.offset + 1);
  ask_end_if_deferred();
}

void KafkaPartition::read_to(int64_t offset) {
  reading_end_ = reading_ ? std::max(reading_end_, offset) : offset;
  if (reading_) return;
  reading_ = true;
  follow_outcomes();
}

/// If no report follows that says where, the log is read to its end instead.
void KafkaPartition::ask_end_if_deferred() {
  if (deferred_ == 0 || reported_ < in_flight_.sent() || asked_for_ == deferred_) return;
  asked_for_ = deferred_;
  deferred_end_.reset();
  shared_.client.ask_end({id_, LogSide::outcomes});
}

void KafkaPartition::outcomes_end(int64_t offset) {
  Lock lock(mutex_);
  if (start_end_ < 0) {
    start_end_ = offset;
    if (unchecked_ && offset <= unchecked_->tail_offset) is_where_it_was_left({});
    find_out_if_caught_up();
  } else if (role_ == Role::catching_up) {
    catch_up_end_ = offset;
    advance_claim(shared_.clock.monotonic_ns());
  } else if (role_ == Role::owned && std::exchange(makes_sure_, false)) {
    if (!reading_ && deferred_ == 0) settle();
    if (offset <= fold_.at().next_offset) return;
    read_to(offset);
  } else if (role_ == Role::owned && deferred_ != 0 && asked_for_ == deferred_) {
    deferred_end_ = offset;
    read_to(offset);
    finish_reading();
  }
}

void KafkaPartition::outcomes_came(std::span<const KafkaRecord> records) {
  Lock lock(mutex_);
  if (broken_ || (role_ == Role::owned && !reading_)) return;
  const auto read = std::make_shared<RecordBatch>(id_, LogSide::outcomes);
  for (const KafkaRecord& record : records) {
    if (unchecked_ && !is_where_it_was_left(record)) return;
    if (record.offset < fold_.at().next_offset) continue;
    const auto verdict = fold_.feed(record.offset, record.value);
    const Seen seen = note(verdict, record.offset, *read);
    if (seen == Seen::nothing) continue;
    publish(read);
    return end_ownership(seen, record.offset);  // what follows comes again, to a follower
  }
  publish(read);
  find_out_if_caught_up();
  finish_reading();
  if (role_ == Role::claiming) judge_claim();
  advance_claim(shared_.clock.monotonic_ns());
}

/// What a record means to the owner who looks into its own reports.
KafkaPartition::Seen KafkaPartition::note(ValidOutcomes::Verdict verdict, int64_t offset,
                                          RecordBatch& read) {
  using Verdict = ValidOutcomes::Verdict;
  const FoldedTopic& at = fold_.at();
  if (verdict == Verdict::broken) return Seen::broken;
  owner_moved_ |= verdict == Verdict::ownership;
  const bool own_epoch = reading_ && at.epoch == epoch_;
  if (verdict == Verdict::valid) {
    read.add(at.tail.sequence.value, at.tail.time, fold_.value());
    index_.add(at.tail.sequence, offset);
    std::size_t bytes = 0;
    if (own_epoch && !in_flight_.settle_read(at.tail.sequence, fold_.value(), bytes))
      return Seen::foreign;
    free_bytes(bytes);
    if (own_epoch) acknowledge();
  }
  if (reading_ && at.epoch > epoch_) return Seen::fenced;
  if (own_epoch && at.voided) return Seen::own_gap;
  return Seen::nothing;
}

void KafkaPartition::end_ownership(Seen seen, int64_t offset) {
  if (seen == Seen::broken) return stop_at(LogSide::outcomes, offset, fold_.reason());
  if (seen == Seen::foreign)
    return stop_at(LogSide::outcomes, offset,
                   "another wrote outcomes of our epoch " + std::to_string(epoch_.value));
  lose(seen == Seen::fenced ? Progress::Fate::conflict : Progress::Fate::unknown);
  wait_before_claiming(seen == Seen::fenced);
}

/// Back to believing reports, once all that they spoke of was read.
void KafkaPartition::finish_reading() {
  if (role_ != Role::owned || !reading_) return;
  if (deferred_ <= in_flight_.settled()) deferred_ = 0;
  if (fold_.at().next_offset < reading_end_) return;
  const bool never_found = deferred_ != 0 && deferred_end_ && asked_for_ == deferred_;
  const bool not_valid = deferred_ == 0 && in_flight_.settled() < reported_ &&
                         reported_ != claim_token_;
  if (never_found || not_valid) {
    lose(Progress::Fate::unknown);
    wait_before_claiming(false);
    return;
  }
  if (deferred_ != 0) return ask_end_if_deferred();
  reading_ = false;
  read_ahead_ = in_flight_.settled();
  expected_ = fold_.at().next_offset;
  front_end_ = in_flight_.front_end();
  shared_.client.unfollow({id_, LogSide::outcomes});
}

/// Outcomes up to `reported_` lie at offsets that end before `expected_`.
void KafkaPartition::settle() {
  const auto take = [&](BatchPtr batch, const RecordView& last) {
    const auto count = static_cast<int64_t>(batch->count());
    const int64_t offset = fold_.at().next_offset;
    index_.add({batch->first()}, offset);
    fold_.take_own(offset + count - 1, last);
    publish(std::move(batch));
  };
  free_bytes(in_flight_.settle(reported_, take));
  acknowledge();
  front_end_ = in_flight_.front_end();
}

void KafkaPartition::acknowledge() {
  if (granted_) acknowledged_ = fold_.at().tail.sequence;
}

void KafkaPartition::publish(BatchPtr batch) {
  if (batch->empty()) return;
  const uint64_t last = batch->last();
  const std::size_t bytes = batch->bytes().size();
  shared_.window.add(dense_, std::move(batch));
  shared_.window.settle(dense_, LogSide::outcomes, last, bytes);
  claims_failed_ = 0;
  moved_ = true;
}

void KafkaPartition::free_bytes(std::size_t bytes) {
  if (bytes == 0) return;
  shared_.undurable_bytes -= bytes;
  if (resigning_) turn_wanted_.store(true);
}

void KafkaPartition::find_out_if_caught_up() {
  if (caught_up() || unchecked_ || start_end_ < 0 || fold_.at().next_offset < start_end_) return;
  caught_up_.store(true, std::memory_order_release);
  moved_ = owner_moved_ = true;
  turn_wanted_.store(true);  // a claim may have waited for this alone
}

/// Whether the topic still holds the last valid outcome that a resumed fold ends with; else all of
/// it is read from the beginning.
bool KafkaPartition::is_where_it_was_left(const KafkaRecord& record) {
  const FoldedTopic left = *unchecked_;
  unchecked_.reset();
  if (record.offset == left.tail_offset && next_chain(record.value) == left.tail.chain) return true;
  if (shared_.node.tell)
    shared_.node.tell(place(LogSide::outcomes, left.tail_offset) +
                      " is not what was noted of it: reading the topic from its beginning");
  fold_ = {};
  index_ = OffsetIndex({}, shared_.limits.offset_runs_max);
  follow_outcomes();
  return false;
}

void KafkaPartition::ring_if_moved(bool anyway) {
  if (!moved_ && !anyway) return;
  moved_ = false;
  std::vector<Bell*> bells;
  {
    Lock lock(mutex_);
    bells = bells_;
  }
  for (Bell* bell : bells) bell->ring();
}

}  // namespace spate
