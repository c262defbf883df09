// The fold: check that an outcome continues the last one, apply its events aside, publish.
#include "engine/projector/partition_projection.hpp"

#include "engine/log/chain.hpp"

namespace spate {
namespace {

/// Readers see outcomes at most this many late; the lock and the copies are paid once for them.
constexpr std::size_t publish_outcomes_max = 256;
constexpr std::size_t publish_bytes_max = 1 << 20;
/// So many outcomes before they are folded, their views are asked for.
constexpr std::size_t ahead_outcomes = 16;

}  // namespace

PartitionProjection::PartitionProjection(Log& log, const ProjectedDomain& domain,
                                         PartitionViews& views, const ProjectionVersion* kept)
    : log_(log), domain_(domain), views_(views), kept_(kept), staged_(views, domain.shapes) {}

Result<std::string> PartitionProjection::mismatch(const Checkpoint& stored) const {
  if (stored.log != log_.identity()) return "it is of another log";
  if (std::string why = mismatch_of_version(stored); !why.empty()) return why;
  TRY(const BatchPtr batch, log_.read(LogSide::outcomes, views_.id(), stored.sequence.value, 1));
  if (batch != nullptr) {
    for (const RecordView record : *batch) {
      if (record.head.number != stored.sequence.value) continue;
      const uint64_t chain = next_chain(record.body);
      return chain == stored.chain ? "" : "the log holds other outcomes up to there";
    }
  }
  return "it is ahead of the log";
}

std::string PartitionProjection::mismatch_of_version(const Checkpoint& stored) const {
  if (kept_ != nullptr)
    return domain_.reads(stored.schema_digest) ? "" : "the schema of its views changed";
  if (stored.schema_digest != domain_.schema_digest) return "the schema of its views changed";
  return stored.logic_version == domain_.projection->version ? "" : "its projection changed";
}

Result<std::string> PartitionProjection::open() {
  at_ = {};
  at_.log = log_.identity();
  at_.schema_digest = domain_.schema_digest;
  at_.logic_version = domain_.projection->version;
  std::string discarded;
  TRY(const std::optional<Checkpoint> stored, views_.store().checkpoint(views_.id()));
  if (stored) {
    TRY(const std::string why, mismatch(*stored));
    if (why.empty()) {
      at_ = *stored;
    } else {
      discarded = "views of partition " + std::to_string(views_.id().domain) + "/" +
                  std::to_string(views_.id().index) + " at outcome " +
                  std::to_string(stored->sequence.value) +
                  " are discarded and folded again: " + why;
      TRY(views_.store().clear(views_.id()));
    }
  }
  views_.start_at(at_.sequence, at_.sequence == Sequence{} ? Hash128{} : at_.digest);
  digests_ = views_.sum().witnesses(at_);
  at_.digest.reset();  // of there, not of where it goes on
  published_ = at_;
  frozen_at_ = at_.sequence;
  views_.owe(kept_ != nullptr ? at_.sequence
                              : std::min(until_, log_.outcomes_end(views_.id())));
  if (kept_ != nullptr) {
    stopped_ = true;
    views_.stop("the views are of version " + kept_->text() + " of their projection, this binary has " +
                domain_.version().text() + ": they serve as they were at outcome " +
                std::to_string(at_.sequence.value) + " until they are rebuilt, see `spate replay status`");
  }
  if (kept_ == nullptr && !held_back_.empty()) {
    stopped_ = at_.sequence >= until_;
    views_.stop(held_back_);
  }
  return discarded;
}

void PartitionProjection::hold_back(Sequence until, std::string reason) {
  witness_ = nullptr;
  until_ = until;
  held_back_ = std::move(reason);
}

Step PartitionProjection::step(std::size_t bytes_max) {
  Sequence last = std::min(views_.orders().last(), until_);
  if (next_digest_ < digests_.at.size()) last = std::min(last, digests_.at[next_digest_]);
  if (stopped_ || at_.sequence >= last) return Step::idle;
  auto batch = log_.read(LogSide::outcomes, views_.id(), at_.sequence.value + 1, bytes_max);
  if (!batch) {
    if (batch.error().action == FaultAction::retry) return Step::idle;
    stop(at_.sequence.next(), batch.error().detail);
    return Step::worked;
  }
  if (*batch == nullptr) return Step::idle;
  // What a failed outcome changed is staged together with outcomes before it: all of that is
  // dropped, and those before it are folded again without it.
  Sequence until = fold_end(**batch, last);
  std::string reason;
  for (std::string failed; !(failed = fold(**batch, until)).empty(); reason = failed) {
    until = at_.sequence;
    at_ = published_;
    staged_.clear();
    staged_outcomes_ = 0;
  }
  if (!reason.empty()) stop(until.next(), reason);
  else meet_witness();
  stopped_ |= at_.sequence >= until_;
  periods_.go_behind(at_.time);
  return Step::worked;
}

void PartitionProjection::keep_periods(int64_t period_ns) { periods_ = LogPeriods(period_ns); }

Sequence PartitionProjection::fold_end(const RecordBatch& batch, Sequence last) {
  if (!views_.whole()) return last;
  const std::optional<Sequence> begins = periods_.beginning(batch, at_.sequence, last);
  return begins ? period_began_ = *begins : last;
}

std::string PartitionProjection::fold(const RecordBatch& batch, Sequence until) {
  RecordBatch::Iterator ahead = batch.begin();
  uint64_t ahead_to = at_.sequence.value;
  for (const RecordView record : batch) {
    const Sequence number{record.head.number};
    if (number <= at_.sequence || number > until) continue;
    for (; ahead_to < number.value + ahead_outcomes && ahead != batch.end(); ++ahead) {
      const RecordView next = *ahead;
      if (next.head.number > at_.sequence.value)
        prefetch_outcome(domain_, outcome_of(next.body), staged_);
      ahead_to = next.head.number;
    }
    if (std::string reason = continues(record); !reason.empty()) return reason;
    if (std::string reason = apply(record); !reason.empty()) return reason;
    advance(record);
    if (++staged_outcomes_ >= publish_outcomes_max || staged_.bytes() > publish_bytes_max)
      publish();
  }
  publish();
  return {};
}

std::string PartitionProjection::continues(const RecordView& record) const {
  const envelope::Outcome& outcome = outcome_of(record.body);
  if (record.head.number != at_.sequence.value + 1 || outcome.sequence() != record.head.number)
    return "the log has a gap: outcome " + std::to_string(record.head.number) +
           " stands where this one is due";
  if (outcome.chain() != at_.chain) return "its chain does not continue the outcomes before it";
  return {};
}

std::string PartitionProjection::apply(const RecordView& record) {
  const envelope::Outcome& outcome = outcome_of(record.body);
  const bool is_watched = witness_ != nullptr && outcome.events() != nullptr;
  if (!is_watched) return fold_outcome(domain_, outcome, staged_);
  const Sequence number{record.head.number};
  if (witness_->deadly(views_.id()) == number) {
    std::string types;
    for (const envelope::Event* event : *outcome.events())
      types += (types.empty() ? "" : ", ") + std::to_string(event->type());
    return "the process died twice while the projection folded it: events of type " + types +
           " of stream '" + std::string(text_of(outcome.stream())) + "'";
  }
  witness_->folding(views_.id(), number);
  std::string reason = fold_outcome(domain_, outcome, staged_);
  witness_->folded(views_.id());
  return reason;
}

void PartitionProjection::advance(const RecordView& record) {
  const envelope::Outcome& outcome = outcome_of(record.body);
  at_.sequence = {record.head.number};
  at_.epoch = std::max(at_.epoch, Epoch{outcome.epoch()});
  at_.cause = std::max(at_.cause, Cause{outcome.cause()});
  at_.time = {outcome.time()};
  at_.chain = next_chain(record.body);
}

void PartitionProjection::publish() {
  views_.publish(staged_.changes(), at_.sequence, staged_.left());
  staged_.clear();
  staged_outcomes_ = 0;
  published_ = at_;
}

void PartitionProjection::stop(Sequence at, const std::string& reason) {
  stopped_ = true;
  views_.owe({});
  views_.stop("outcome " + std::to_string(at.value) + " of partition " +
              std::to_string(views_.id().domain) + "/" + std::to_string(views_.id().index) + ": " +
              reason);
}

/// What an earlier fold recorded of the same outcomes.
void PartitionProjection::meet_witness() {
  if (next_digest_ == digests_.at.size() || at_.sequence < digests_.at[next_digest_]) return;
  ++next_digest_;
  Checkpoint here = at_;
  here.digest = views_.running_digest();
  const std::string reason = digests_.meet(here);
  if (!reason.empty()) stop(at_.sequence, reason);
}

void PartitionProjection::freeze() {
  views_.freeze(at_);
  frozen_at_ = at_.sequence;
}

}  // namespace spate
