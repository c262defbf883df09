// Some places at a time: many would only keep more of the log in memory.
#include "engine/log/move_copier.hpp"

#include "engine/log/kafka_commands.hpp"
#include "engine/log/kafka_topics.hpp"

namespace spate {
namespace {

constexpr std::size_t places_open_max = 16;
constexpr int sends_a_turn = 1'000;

uint64_t hash_on(uint64_t before, int64_t offset, Bytes key, Bytes value) {
  const uint64_t parts[] = {before, static_cast<uint64_t>(offset), xxh3_64(key), xxh3_64(value)};
  return xxh3_64({reinterpret_cast<const uint8_t*>(parts), sizeof parts});
}

}  // namespace

MoveCopier::MoveCopier(Log& source, const std::vector<MovedPartition>& partitions,
                       KafkaClient& client, Pass pass)
    : source_(source), client_(client), pass_(pass) {
  for (const MovedPartition& partition : partitions)
    for (const LogSide side : {LogSide::commands, LogSide::outcomes})
      places_.push_back({{partition.id, side}, MoveStream(source, side, partition)});
  if (pass == Pass::copy) session_ = client.open_session();
}

Result<Step> MoveCopier::step() {
  TRY(const Step polled, client_.poll(*this));
  bool worked = polled == Step::worked;
  std::size_t open = 0;
  for (std::size_t i = first_open_; i < places_.size() && open < places_open_max; ++i) {
    if (places_[i].stage != Stage::done) worked |= turn(places_[i]);
    if (places_[i].stage != Stage::done) ++open;
  }
  while (!done() && places_[first_open_].stage == Stage::done) ++first_open_;
  if (fault_) return tl::unexpected<Fault>(*fault_);
  return worked ? Step::worked : Step::idle;
}

bool MoveCopier::turn(Place& place) {
  if (place.stage == Stage::waiting) {
    place.stage = Stage::asked;
    client_.ask_end(place.place);
    return true;
  }
  return place.stage == Stage::sending && send(place);
}

/// Whether anything went.
bool MoveCopier::send(Place& place) {
  const bool is_command = place.place.side == LogSide::commands;
  int left = sends_a_turn;
  for (; left > 0; --left) {
    const auto next = place.stream.peek();
    if (!next) {
      fail(next.error());
      return false;
    }
    if (*next == nullptr) {
      if (place.acknowledged == place.stream.total()) finish(place);
      break;
    }
    const MoveStream::Record& record = **next;
    const auto token = static_cast<uint64_t>(place.stream.offset()) + 1;
    const KafkaHeader headers[] = {
        {command_content_type_name, as_bytes(MoveStream::content_type(record))}};
    const auto sent = is_command ? client_.send_command(place.place.partition, token, record.key,
                                                        record.value, headers)
                                 : client_.send_outcome(place.place.partition, token, record.key,
                                                        record.value);
    if (sent == KafkaClient::Sent::full) break;
    ++records_sent_;
    bytes_done_ += record.value.size();
    place.stream.advance();
  }
  return left < sends_a_turn;
}

void MoveCopier::end(KafkaPlace at, int64_t offset) {
  Place* place = find(at);
  if (place == nullptr || place->stage != Stage::asked) return;
  place->end = offset;
  const int64_t total = place->stream.total();
  const bool in_the_way = at.side == LogSide::outcomes ? offset > 0 : offset > 0 && total > 0;
  is_empty_ &= !in_the_way;
  if (pass_ == Pass::look) return finish(*place);
  // What other systems send for the time after the move lies behind the log's own commands.
  if (offset > total && at.side == LogSide::outcomes)
    return disturbed(*place, total, "there are more records than the log has");
  if (pass_ == Pass::verify && offset < total)
    return disturbed(*place, offset, "the topic ends here, the log has " +
                                         std::to_string(total) + " records for it");
  begin_comparing(*place);
}

void MoveCopier::begin_comparing(Place& place) {
  place.end = std::min(place.end, place.stream.total());
  place.stage = Stage::comparing;
  if (place.end == 0) return compared(place);
  client_.follow(place.place, 0);
}

void MoveCopier::records(KafkaPlace at, std::span<const KafkaRecord> records) {
  Place* place = find(at);
  for (const KafkaRecord& record : records) {
    if (place == nullptr || place->stage != Stage::comparing || fault_) return;
    compare(*place, record);
  }
}

void MoveCopier::compare(Place& place, const KafkaRecord& record) {
  const int64_t offset = place.stream.offset();
  if (record.offset != offset) return disturbed(place, offset, "there is no record");
  const auto next = place.stream.peek();
  if (!next) return fail(next.error());
  const MoveStream::Record& wanted = **next;
  place.topic_hash = hash_on(place.topic_hash, record.offset, record.key, record.value);
  place.source_hash = hash_on(place.source_hash, offset, wanted.key, wanted.value);
  const bool is_typed = place.place.side == LogSide::outcomes ||
                        as_text(header_of(record, command_content_type_name)) ==
                            MoveStream::content_type(wanted);
  if (place.topic_hash != place.source_hash || !is_typed ||
      as_text(record.value) != as_text(wanted.value))
    return disturbed(place, offset, "the record is not the one that the log has for this place");
  ++records_done_;
  bytes_done_ += record.value.size();
  place.stream.advance();
  if (place.stream.offset() == place.end) compared(place);
}

void MoveCopier::compared(Place& place) {
  client_.unfollow(place.place);
  place.acknowledged = place.end;
  if (place.end == place.stream.total()) return finish(place);
  ENSURE(pass_ == Pass::copy);
  place.stage = Stage::sending;
}

void MoveCopier::finish(Place& place) { place.stage = Stage::done; }

void MoveCopier::passed(KafkaPlace at, int64_t next) {
  Place* place = find(at);
  if (place == nullptr || place->stage != Stage::comparing) return;
  const int64_t offset = place->stream.offset();
  if (next > offset) disturbed(*place, offset, "there is no record");
}

void MoveCopier::out_of_range(KafkaPlace at, int64_t begin) {
  Place* place = find(at);
  if (place == nullptr || place->stage != Stage::comparing) return;
  disturbed(*place, 0, "the topic begins at " + std::to_string(begin) +
                           ": what the move wrote before has been removed by its retention");
}

/// A record that was acknowledged elsewhere has another one before it.
void MoveCopier::report(const KafkaReport& report) {
  Place* place = find(report.place);
  const bool is_outcome = report.place.side == LogSide::outcomes;
  if (place == nullptr || pass_ != Pass::copy || (is_outcome && report.session != session_)) return;
  if (report.fate == KafkaReport::Fate::failed)
    return fail({"kafka_unreachable", FaultAction::retry,
                 name(*place) + " did not take a record: " + report.reason +
                     "; run the same command again, it goes on where it ended"});
  const int64_t belongs_at = static_cast<int64_t>(report.token) - 1;
  if (report.offset >= 0 && report.offset != belongs_at)
    return disturbed(*place, belongs_at, "somebody else wrote a record");
  place->acknowledged = belongs_at + 1;
  ++records_done_;
  if (place->acknowledged == place->stream.total()) finish(*place);
}

MoveCopier::Place* MoveCopier::find(KafkaPlace at) {
  const uint32_t dense = source_.topology().dense_index(at.partition);
  return &places_[2 * dense + static_cast<std::size_t>(at.side)];
}

Hash128 MoveCopier::hash_of_all(uint64_t Place::*hash) const {
  Hash128 sum;
  for (const Place& place : places_) {
    const uint64_t parts[] = {sum.hi, sum.lo, place.*hash};
    sum = xxh3_128({reinterpret_cast<const uint8_t*>(parts), sizeof parts});
  }
  return sum;
}

std::string MoveCopier::name(const Place& place) const {
  const PartitionId id = place.place.partition;
  const DomainPlace* domain = find_domain(source_.topology().domains(), id.domain);
  ENSURE(domain != nullptr);
  return kafka_topic_name(domain->name, place.place.side) + "/" + std::to_string(id.index);
}

void MoveCopier::disturbed(const Place& place, int64_t offset, const std::string& what) {
  fail({"topic_disturbed", FaultAction::stop,
        name(place) + " at offset " + std::to_string(offset) + ": " + what +
            ". The topics must hold this log alone until it has moved: stop whoever writes to them, "
            "delete the topics spate.*.commands.v1 and spate.*.outcomes.v1, make them again with "
            "`spate topics apply`, and run the same command again. The directory is as it was"});
}

void MoveCopier::fail(Fault fault) {
  if (!fault_) fault_ = std::move(fault);
}

}  // namespace spate
