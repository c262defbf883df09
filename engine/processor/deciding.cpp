// The decider's turn: read a batch, fetch its rows together, decide each command in order, append
// the outcomes once.
#include <algorithm>

#include "engine/log/chain.hpp"
#include "engine/processor/partition_processor.hpp"

namespace spate {
namespace {

/// Fetched together and then decided, so that what was fetched is still in the nearest caches.
constexpr std::size_t decided_together = 128;

}  // namespace

Result<bool> PartitionProcessor::decide_batch() {
  if (outcomes_ && !append_decided()) return false;
  if (!log_numbers_ && decided_ >= commands_end_) return false;
  if (parts_.rows->is_full() || parts_.ids->is_full())
    return false;  // until outcomes settle or the frozen rows and ids are written
  TRY(const auto found, read(LogSide::commands, decided_.value + 1, limits_.batch_bytes_max));
  if (!found || *found == nullptr) return false;
  const RecordBatch& batch = **found;
  outcomes_ = std::make_shared<RecordBatch>(parts_.id, LogSide::outcomes, !log_numbers_);
  outcomes_->reserve(std::min(batch.count(), limits_.batch_commands_max) * outcome_bytes_guess_);
  Collected next{batch.begin()};
  bool goes_on = true;
  while (goes_on && collect(batch, next)) {
    TRY(keys_.prefetch(*parts_.rows));
    for (const Work& work : work_) {
      goes_on = !batch_is_full();  // else the rest is read again
      if (!goes_on) break;
      TRY(decide_one(work));
      goes_on = work.cause != unfinished_control_;
      if (!goes_on) break;
      decided_ = work.cause;
    }
  }
  if (outcomes_->empty()) {
    outcomes_.reset();
  } else {
    if (periods_.begins(last_time_)) period_began_ = sequence_;
    periods_.go_behind(last_time_);
    outcome_bytes_guess_ = outcomes_->bytes().size() / outcomes_->count() + 16;
    append_decided();
  }
  return true;
}

/// One outcome may be large, and change large rows: their number alone does not bound a batch. The
/// first of a period ends it: a checkpoint begins there.
bool PartitionProcessor::batch_is_full() const {
  return !outcomes_->empty() &&
         (outcomes_->bytes().size() >= limits_.batch_bytes_max || parts_.rows->is_full() ||
          parts_.ids->is_full() || periods_.begins(last_time_));
}

/// The next commands beyond `decided_` with the rows they need; ids and rows are on their way to
/// the cache when the first is decided. False: there are no more for this turn.
bool PartitionProcessor::collect(const RecordBatch& batch, Collected& next) {
  keys_.clear();
  work_.clear();
  for (; next.at != batch.end(); ++next.at, ++next.place) {
    const RecordView record = *next.at;
    if (record.head.number <= decided_.value) continue;
    if (work_.size() == decided_together || next.commands == limits_.batch_commands_max) break;
    ++next.commands;
    const uint64_t claim =
        next.place < batch.tickets.size() ? batch.tickets[next.place] : 0;
    uint64_t waiter = waiters_.waits(claim) ? claim : 0;
    if (log_numbers_) waiter = met(Cause{record.head.number}, claim, waiter);
    const envelope::Command& command = command_of(record.body);
    const CommandId id = id_of(command.id());
    parts_.ids->prefetch(id);
    names_.clear();
    parts_.suspects->deciding(parts_.dense, id);  // naming rows is the domain's code, too
    if (!parts_.suspects->is_suspect(parts_.dense, id)) decider_.name_rows(command, names_);
    work_.push_back({{record.head.number}, {record.head.time}, record.body, waiter,
                     keys_.add(text_of(command.stream()), names_)});
  }
  parts_.suspects->done(parts_.dense);
  return !work_.empty();
}

/// A command read from a log that numbers commands. What was read is durable: who asked for no more
/// than that is told, and waits no longer. Returns who waits for the outcome.
uint64_t PartitionProcessor::met(Cause cause, uint64_t claim, uint64_t waiter) {
  const bool first_time = cause > last_cause_;  // after a revert it is read again
  if (first_time) last_cause_ = cause;
  if (first_time && claim != 0) shown(claim);
  if (waiter == 0 || !waiters_.at(waiter).async) return waiter;
  if (first_time) replies_.when_command_durable(cause, waiter);
  return 0;
}

/// Own commands are shown in the order in which they were appended: those before `claim` never are.
void PartitionProcessor::shown(uint64_t claim) {
  const auto found = std::find(unread_.begin(), unread_.end(), claim);
  if (found == unread_.end()) return;  // refused since, or of an earlier life
  for (auto lost = unread_.begin(); lost != found; ++lost)
    if (waiters_.waits(*lost)) replies_.now(waiters_.take(*lost), Answer::maybe_taken);
  unread_.erase(unread_.begin(), found + 1);
}

/// Refused, whoever wrote it into the log (E1); kind none when it may be decided.
Decision PartitionProcessor::malformed(const Work& work) const {
  Decision refused;
  if (text_of(command_of(work.body).stream()).empty())
    refused.reason = "a command names its stream, this one does not";
  else if (work.body.size() > limits_.command_bytes_max)
    refused.reason = "a command may be " + std::to_string(limits_.command_bytes_max) +
                     " bytes long, this one is " + std::to_string(work.body.size());
  if (!refused.reason.empty()) refused.kind = envelope::Kind::refused;
  return refused;
}

Result<void> PartitionProcessor::decide_one(const Work& work) {
  const envelope::Command& command = command_of(work.body);
  const CommandId id = id_of(command.id());
  if (work.cause == unfinished_control_) return control(work, command.control());
  TRY(const auto known, parts_.ids->find(id));
  if (known && known->fingerprint == command.fingerprint()) {
    stats_.duplicates.add();
    expect_repeats();
    if (work.waiter != 0)
      replies_.when_durable({sequence_, known->sequence, work.cause, work.waiter, true});
    return {};
  }
  if (known) {
    Decision reused;
    reused.kind = envelope::Kind::key_reused;
    record(work, std::move(reused), {});
    return {};
  }
  if (Decision refused = malformed(work); refused.kind != envelope::Kind::none) {
    record(work, std::move(refused), {});
    return {};
  }
  if (command.control() != envelope::Control::none) return control(work, command.control());
  parts_.suspects->deciding(parts_.dense, id);
  NamedRows rows(*parts_.rows, keys_, work.rows);
  const Instant now = std::max(last_time_, work.time);
  record(work,
         decider_.decide_once(command, now, rows, parts_.suspects->is_suspect(parts_.dense, id)),
         {});
  parts_.suspects->done(parts_.dense);
  return {};
}

/// Gives the decision its sequence, folds it in, adds it to the batch. A decision that does not
/// fold is undone and becomes a parked command, without an outcome if it was parked before: it
/// keeps its place in its stream.
envelope::Kind PartitionProcessor::record(const Work& work, Decision decision, Cause origin) {
  const envelope::Command& command = command_of(work.body);
  NamedRows rows(*parts_.rows, keys_, work.rows);
  OutcomeFields fields;
  fields.sequence = sequence_.next();
  fields.cause = work.cause;
  fields.epoch = epoch_;
  fields.time = last_time_ = std::max(last_time_, work.time);
  fields.chain = chain_;
  fields.id = id_of(command.id());
  fields.stream = text_of(command.stream());
  fields.command_type = command.type();
  fields.fingerprint = command.fingerprint();
  fields.origin = origin;
  Bytes body;
  const auto write_and_fold = [&] {
    fields.kind = decision.kind;
    fields.rejection = decision.verdict.rejection();
    fields.details = decision.verdict.details();
    fields.reason = decision.reason;
    const bool whole = decision.kind == envelope::Kind::parked ||
                       decision.kind == envelope::Kind::refused;
    fields.command = whole ? work.body : Bytes{};
    body = writer_.write(fields, decision.kind == envelope::Kind::accepted ? &decider_.events()
                                                                          : nullptr);
    parts_.rows->begin(fields.sequence);
    fold_.apply(outcome_of(body), fields.time, rows);
  };
  Decision failed = decider_.guard(write_and_fold);
  if (failed.kind != envelope::Kind::none) {
    parts_.rows->revert_to(sequence_);
    if (origin != Cause{}) return envelope::Kind::parked;
    decision = std::move(failed);
    write_and_fold();  // the engine's own fold of a parked command: a failure here is ours, abort
  }
  outcomes_->add(fields.sequence.value, fields.time, body);
  chain_ = next_chain(body);
  sequence_ = fields.sequence;
  if (work.waiter != 0 && origin == Cause{})
    replies_.when_durable({sequence_, sequence_, work.cause, work.waiter, false});
  const std::size_t type = std::min<std::size_t>(fields.command_type, stats_.command_types_max - 1);
  stats_.outcomes[type][static_cast<std::size_t>(decision.kind) % stats_.kinds_max].add();
  if (decision.kind == envelope::Kind::parked || origin != Cause{}) publish_parked();
  return decision.kind;
}

bool PartitionProcessor::append_decided() {
  const Sequence first{outcomes_->first()};
  if (parts_.log->append_outcomes(parts_.id, epoch_, first, outcomes_) == Taken::full) return false;
  replies_.keep(outcomes_);
  outcomes_.reset();
  return true;
}

}  // namespace spate
