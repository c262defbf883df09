// Every change that lasts stands between two calls of `pause`, where tests kill it.
#include "engine/log/move_to_kafka.hpp"

namespace spate {
namespace {

using State = KafkaMove::State;

tl::unexpected<Fault> occupied(const std::string& what) {
  return stop("cluster_occupied",
              what + ". Move into topics that hold nothing: delete spate.*.commands.v1 and "
                     "spate.*.outcomes.v1 there, if nobody needs them any more, make them again with "
                     "`spate topics apply`, or use another cluster");
}

}  // namespace

Result<MoveToKafka::Begin> MoveToKafka::judge() {
  Result<MoveMark> mark = read_move_mark(*parts_.directory);
  // One that is not whole was being written by step 4: what follows writes it again.
  if (!mark && mark.error().code != "move_mark") return pass_on(std::move(mark.error()));
  if (mark) mark_ = *mark;
  if (mark_.state == MoveMark::State::arriving) {
    TRY(check_not_moved(*parts_.directory));
  }
  TRY(const KafkaMove move, parts_.notes->read_move());
  const LogIdentity& log = parts_.identity.log;
  const bool is_moved = mark_.state == MoveMark::State::moved;
  if (move.state == State::arriving && move.log == log) return Begin::resumed;
  if (move.state == State::arriving) return occupied("another log is being moved into this cluster");
  if (move.state == State::leaving) return occupied("the cluster's log is being moved away");
  TRY(const auto holds, parts_.notes->read());
  if (is_moved && move.state == State::here && holds && holds->log == log) return Begin::finished;
  if (is_moved) TRY(check_not_moved(*parts_.directory));
  return Begin::fresh;
}

Result<void> MoveToKafka::tell(MoveProgress::Step step) {
  return parts_.pause(false, {step, 0, 0, 0});
}

Result<void> MoveToKafka::survey() {
  TRY(tell(MoveProgress::Step::surveying));
  TRY(partitions_, survey_for_move(*parts_.source));
  for (const MovedPartition& partition : partitions_) {
    report_.commands += partition.tail.cause.value;
    report_.outcomes += partition.tail.sequence.value;
    report_.claims += partition.claims;
  }
  return {};
}

Result<void> MoveToKafka::pass(MoveCopier& copier, MoveProgress::Step step) {
  const uint64_t all = report_.commands + report_.outcomes + report_.claims;
  while (!copier.done()) {
    TRY(const Step stepped, copier.step());
    TRY(parts_.pause(stepped != Step::worked,
                     {step, copier.records_done(), all, copier.bytes_done()}));
  }
  return {};
}

Result<void> MoveToKafka::look() {
  MoveCopier copier(*parts_.source, partitions_, *parts_.client, MoveCopier::Pass::look);
  TRY(pass(copier, MoveProgress::Step::surveying));
  if (!copier.is_empty()) return occupied("the cluster's topics hold records");
  return {};
}

Result<MoveReport> MoveToKafka::plan() {
  TRY(const Begin begin, judge());
  report_.was_done = begin == Begin::finished;
  TRY(survey());
  if (begin == Begin::fresh) TRY(look());
  return report_;
}

Result<MoveReport> MoveToKafka::run() {
  TRY(const Begin begin, judge());
  TRY(survey());
  if (begin == Begin::finished) {
    report_.was_done = true;
    return report_;
  }
  if (begin == Begin::fresh) {
    TRY(look());
    TRY(parts_.notes->write_move({State::arriving, parts_.identity.log}));
  }
  TRY(tell(MoveProgress::Step::copying));
  TRY(parts_.notes->write_identity(parts_.identity));
  {
    MoveCopier copier(*parts_.source, partitions_, *parts_.client, MoveCopier::Pass::copy);
    TRY(pass(copier, MoveProgress::Step::copying));
    report_.sent = copier.records_sent();
  }
  MoveCopier verifier(*parts_.source, partitions_, *parts_.client, MoveCopier::Pass::verify);
  TRY(pass(verifier, MoveProgress::Step::verifying));
  if (verifier.topic_hash() != verifier.source_hash())
    return stop("topic_disturbed", "the topics' hash is not the log's");
  report_.records_hash = verifier.topic_hash();
  TRY(tell(MoveProgress::Step::digesting));
  TRY(parts_.compare_folds());
  TRY(cut_over());
  return report_;
}

Result<void> MoveToKafka::cut_over() {
  TRY(tell(MoveProgress::Step::cutting_over));
  TRY(write_move_mark(*parts_.directory, {MoveMark::State::moved, parts_.place}));
  TRY(tell(MoveProgress::Step::cutting_over));
  TRY(parts_.notes->write_move({State::here, {}}));
  return {};
}

}  // namespace spate
