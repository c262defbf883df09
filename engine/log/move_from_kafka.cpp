// The shipped protocol reads and claims; the shipped log writes.
#include "engine/log/move_from_kafka.hpp"

#include <algorithm>

#include "engine/base/place_text.hpp"
#include "engine/log/chain.hpp"
#include "engine/log/log_piece.hpp"
#include "schemas/envelope_generated.h"

namespace spate {
namespace {

using State = KafkaMove::State;

/// Stands for decided commands: only that there was a number as high is needed (A1).
BatchPtr number_alone(PartitionId id, Cause number, Instant time) {
  flatbuffers::FlatBufferBuilder builder;
  const auto stream = builder.CreateString("-");
  const envelope::Id command_id(id.packed(), number.value);
  envelope::CommandBuilder command(builder);
  command.add_codec(envelope::Codec::raw);
  command.add_id(&command_id);
  command.add_stream(stream);
  builder.Finish(command.Finish());
  auto batch = std::make_shared<RecordBatch>(id, LogSide::commands);
  batch->add(number.value, time, {builder.GetBufferPointer(), builder.GetSize()});
  return batch;
}

/// The records of `batch` from `from` on, without what belongs to this process alone.
BatchPtr cut(const BatchPtr& batch, uint64_t from) {
  auto rest = std::make_shared<RecordBatch>(batch->partition(), batch->side());
  for (const RecordView record : *batch)
    if (record.head.number >= from)
      rest->add(record.head.number, {record.head.time}, record.body);
  return rest;
}

}  // namespace

/// True: an earlier run has finished.
Result<bool> MoveFromKafka::judge() {
  TRY(const auto holds, parts_.notes->read());
  if (!holds) return stop("cluster_empty", "the cluster holds no log: is --kafka right?");
  TRY(const KafkaMove move, parts_.notes->read_move());
  if (move.state == State::arriving) TRY(check_log_is_here(move));
  const Result<MoveMark> mark = read_move_mark(*parts_.directory);
  const bool is_broken = !mark && mark.error().code == "move_mark";
  if (!mark && !is_broken) return pass_on(Fault(mark.error()));
  const MoveMark::State state = is_broken ? MoveMark::State::arriving : mark->state;
  if (state == MoveMark::State::moved) TRY(check_not_moved(*parts_.directory));
  if (state == MoveMark::State::arriving) return false;
  const auto manifest = read_manifest(*parts_.directory);
  if (!manifest && manifest.error().code != "no_log") return pass_on(Fault(manifest.error()));
  if (manifest && move.state == State::left && manifest->identity == holds->log) return true;
  if (manifest)
    return stop("directory_used", parts_.directory->directory() +
                                      " holds a log already: give a --data that does not exist yet");
  if (move.state == State::left) TRY(check_log_is_here(move));
  return false;
}

Result<void> MoveFromKafka::pause(bool idle, MoveProgress::Step step) {
  return parts_.pause(idle, {step, records_, report_.outcomes, bytes_});
}

Result<MoveReport> MoveFromKafka::plan() {
  TRY(report_.was_done, judge());
  for (const PartitionId id : parts_.source->topology().partitions())
    if (const auto tail = parts_.source->tail(id)) report_.outcomes += tail->sequence.value;
  return report_;
}

Result<MoveReport> MoveFromKafka::run() {
  TRY(report_.was_done, judge());
  if (report_.was_done) return report_;
  TRY(pause(false, MoveProgress::Step::surveying));
  TRY(write_move_mark(*parts_.directory, {MoveMark::State::arriving, parts_.place}));
  TRY(pause(false, MoveProgress::Step::surveying));
  TRY(const KafkaMove move, parts_.notes->read_move());
  if (move.state == State::here)
    TRY(parts_.notes->write_move({State::leaving, parts_.source->identity()}));
  TRY(fence());
  {
    TRY(const auto target, open());
    TRY(copy(*target));
    TRY(target->close());
  }
  {
    TRY(const auto target, open());  // what the disk has
    TRY(verify(*target));
    TRY(pause(false, MoveProgress::Step::digesting));
    TRY(parts_.compare_folds(*target));
    TRY(target->close());
  }
  TRY(check_fence());
  TRY(pause(false, MoveProgress::Step::cutting_over));
  TRY(parts_.notes->write_move({State::left, parts_.source->identity()}));
  TRY(pause(false, MoveProgress::Step::cutting_over));
  TRY(remove_move_mark(*parts_.directory));
  return report_;
}

Result<void> MoveFromKafka::fence() {
  KafkaLog& source = *parts_.source;
  source.take_over();
  for (const PartitionId id : source.topology().partitions()) {
    Result<Ownership> owned = source.acquire(id);
    for (; !owned; owned = source.acquire(id)) {
      if (owned.error().action != FaultAction::retry) return pass_on(std::move(owned.error()));
      TRY(pause(true, MoveProgress::Step::surveying));
    }
    owned_.push_back(*owned);
    report_.outcomes += owned->tail.sequence.value;
    ++report_.claims;
  }
  for (const PartitionId id : source.topology().partitions()) {
    const uint64_t asked = source.ask_end(id);
    while (source.poll(id).asked < asked) TRY(pause(true, MoveProgress::Step::surveying));
    ends_.push_back(std::max(source.poll(id).end, owned_[ends_.size()].tail.cause));
  }
  return {};
}

Result<std::unique_ptr<SegmentLog>> MoveFromKafka::open() {
  const Topology& topology = parts_.source->topology();
  SegmentLogOptions options;
  options.limits = parts_.limits;
  options.fresh = parts_.source->identity();
  for (const DomainPlace& place : topology.domains())
    options.domains.push_back({place.name, place.partitions});
  TRY(auto log, SegmentLog::open(*parts_.directory, *parts_.clock, std::move(options)));
  if (!(log->identity() == parts_.source->identity()))
    return stop("directory_used", parts_.directory->directory() + " holds another log");
  for (std::size_t i = 0; i < topology.domains().size(); ++i)
    if (log->topology().domains()[i].number != topology.domains()[i].number)
      return stop("domain_numbers", "the domains of the cluster are not numbered from 1 without a "
                                    "gap: a directory cannot keep its positions");
  return log;
}

Result<void> MoveFromKafka::copy(SegmentLog& target) {
  for (const PartitionId id : parts_.source->topology().partitions()) {
    const uint32_t dense = parts_.source->topology().dense_index(id);
    TRY(Ownership to, target.acquire(id));
    TRY(check_prefix(id, to.tail));
    records_ += to.tail.sequence.value;
    TRY(copy_outcomes(target, id, owned_[dense], to));
    TRY(copy_commands(target, id, owned_[dense], to));
  }
  return drain(target);
}

/// What an earlier run left is the beginning of this log: the chain says so (C5).
Result<void> MoveFromKafka::check_prefix(PartitionId id, const Tail& tail) {
  if (tail.sequence.value == 0) return {};
  const Tail& whole = owned_[parts_.source->topology().dense_index(id)].tail;
  uint64_t chain = 0;
  if (tail.sequence <= whole.sequence) {
    TRY(const BatchPtr batch,
        parts_.source->read(LogSide::outcomes, id, tail.sequence.value, log_piece_bytes));
    if (batch != nullptr)
      for (const RecordView record : *batch)
        if (record.head.number == tail.sequence.value) chain = next_chain(record.body);
  }
  if (chain == tail.chain) return {};
  return stop("directory_used", parts_.directory->directory() + ": outcome " +
                                    std::to_string(tail.sequence.value) + " of " + name(id) +
                                    " is not the cluster's: remove the directory and run again");
}

Result<void> MoveFromKafka::copy_outcomes(SegmentLog& target, PartitionId id, const Ownership& from,
                                          Ownership& to) {
  while (to.tail.sequence < from.tail.sequence) {
    const uint64_t next = to.tail.sequence.value + 1;
    const Result<BatchPtr> read = parts_.source->read(LogSide::outcomes, id, next, log_piece_bytes);
    if (!read && read.error().action != FaultAction::retry) return pass_on(Fault(read.error()));
    TRY(pause(!read || *read == nullptr, MoveProgress::Step::copying));
    if (!read || *read == nullptr) continue;
    const BatchPtr batch = cut(*read, next);
    Tail behind = to.tail;
    Epoch seen;
    advance(behind, seen, *batch);
    if (behind.cause > to.tail.command) {
      while (target.append_commands(id, number_alone(id, behind.cause, behind.time)) == Taken::full)
        TRY(drain(target));
      behind.command = behind.cause;
    }
    while (target.append_outcomes(id, to.epoch, to.tail.sequence.next(), batch) == Taken::full)
      TRY(drain(target));
    to.tail = behind;
    records_ += batch->count();
    report_.sent += batch->count();
    bytes_ += batch->bytes().size();
    TRY(drain(target));
  }
  return {};
}

/// Those that nobody has decided: the next server of the directory does.
Result<void> MoveFromKafka::copy_commands(SegmentLog& target, PartitionId id, const Ownership& from,
                                          Ownership& to) {
  const Cause end = ends_[parts_.source->topology().dense_index(id)];
  report_.commands += end.value - from.tail.cause.value;
  // Never beyond the end: who reads on says that it has decided what came before.
  for (;;) {
    const Cause last = std::max(to.tail.command, from.tail.cause);
    if (last >= end) return {};
    const uint64_t next = last.value + 1;
    const Result<BatchPtr> read = parts_.source->read(LogSide::commands, id, next, log_piece_bytes);
    if (!read && read.error().action != FaultAction::retry) return pass_on(Fault(read.error()));
    TRY(pause(!read || *read == nullptr, MoveProgress::Step::copying));
    if (!read || *read == nullptr) continue;
    const BatchPtr batch = cut(*read, next);
    while (target.append_commands(id, batch) == Taken::full) TRY(drain(target));
    to.tail.command = {batch->last()};
    bytes_ += batch->bytes().size();
    TRY(drain(target));
  }
}

Result<void> MoveFromKafka::drain(SegmentLog& target) {
  for (;;) {
    TRY(const Step wrote, target.write_step());
    TRY(const Step prepared, target.prepare_step());
    if (target.storage_full())
      return retry("storage_full", parts_.directory->directory() +
                                       ": the disk is full; make room and run the same command again");
    if (wrote != Step::worked && prepared != Step::worked) return {};
  }
}

/// Both sides from the first record on; the disk's are read through their checksums.
Result<void> MoveFromKafka::verify(SegmentLog& target) {
  records_ = bytes_ = 0;
  for (const PartitionId id : parts_.source->topology().partitions()) {
    const Tail& tail = owned_[parts_.source->topology().dense_index(id)].tail;
    uint64_t next = 1;
    uint64_t from_disk = 0, from_topic = 0;
    const auto fold = [](uint64_t before, const RecordView& record) {
      const uint64_t parts[] = {before, record.head.number, static_cast<uint64_t>(record.head.time),
                                xxh3_64(record.body)};
      return xxh3_64({reinterpret_cast<const uint8_t*>(parts), sizeof parts});
    };
    while (next <= tail.sequence.value) {
      const Result<BatchPtr> read =
          parts_.source->read(LogSide::outcomes, id, next, log_piece_bytes);
      if (!read && read.error().action != FaultAction::retry) return pass_on(Fault(read.error()));
      TRY(pause(!read || *read == nullptr, MoveProgress::Step::verifying));
      if (!read || *read == nullptr) continue;
      const BatchPtr batch = cut(*read, next);
      for (const RecordView record : *batch) from_topic = fold(from_topic, record);
      records_ += batch->count();
      bytes_ += batch->bytes().size();
      next = batch->last() + 1;
    }
    uint64_t last = 0;
    const auto read_again = [&](const RecordView& record) -> Result<void> {
      if (record_crc(record.head, record.body) != record.head.crc)
        return stop("log_rot", "outcome " + std::to_string(record.head.number) + " of " + name(id) +
                                   " lies damaged on the disk");
      from_disk = fold(from_disk, record);
      last = record.head.number;
      return {};
    };
    TRY(each_record(target, LogSide::outcomes, id, 1, read_again));
    if (from_disk != from_topic || last != tail.sequence.value)
      return stop("log_rot", name(id) + " in the directory is not what the cluster holds: remove the "
                                        "directory and run again");
    const uint64_t parts[] = {report_.records_hash.hi, report_.records_hash.lo, from_disk};
    report_.records_hash = xxh3_128({reinterpret_cast<const uint8_t*>(parts), sizeof parts});
  }
  return {};
}

/// Nobody claimed after us: only then was nothing acknowledged that is not in the copy.
Result<void> MoveFromKafka::check_fence() {
  for (const PartitionId id : parts_.source->topology().partitions())
    if (!parts_.source->owns(id) ||
        parts_.source->poll(id).fate != Progress::Fate::durable)
      return retry("fence_broken", "somebody else claimed " + name(id) +
                                       ": stop every node, then run the same command again");
  return {};
}

std::string MoveFromKafka::name(PartitionId id) const {
  return place_text(parts_.source->topology().domains(), id);
}

}  // namespace spate
