// Dealing out to partitions what the client hands over, and the one session they share.
#include "engine/log/kafka_log.hpp"

#include <algorithm>

namespace spate {

KafkaLog::KafkaLog(KafkaLogParts parts)
    : parts_(std::move(parts)),
      window_(std::vector<RecentWindow::Floor>(parts_.topology.partitions().size()),
              parts_.limits.recent_bytes_max),
      shared_{*parts_.client, *parts_.clock, *parts_.door, parts_.limits, parts_.node, window_} {
  for (const DomainPlace& domain : parts_.topology.domains()) {
    for (uint16_t index = 0; index < domain.partitions; ++index) {
      const PartitionId id{domain.number, index};
      partitions_.push_back(std::make_unique<KafkaPartition>(
          shared_, id, parts_.topology.dense_index(id), domain.name, std::nullopt));
    }
  }
  session_ = parts_.client->open_session();
  for (auto& partition : partitions_) partition->start(session_);
}

Result<Ownership> KafkaLog::acquire(PartitionId id) { return at(id).acquire(); }

Taken KafkaLog::append_commands(PartitionId id, BatchPtr batch) {
  return at(id).append_commands(std::move(batch));
}

Taken KafkaLog::append_outcomes(PartitionId id, Epoch epoch, Sequence expected, BatchPtr batch) {
  return at(id).append_outcomes(epoch, expected, std::move(batch));
}

uint64_t KafkaLog::ask_end(PartitionId id) { return at(id).ask_end(); }

Progress KafkaLog::poll(PartitionId id) { return at(id).poll(); }

Result<BatchPtr> KafkaLog::read(LogSide side, PartitionId id, uint64_t from,
                                std::size_t bytes_max) {
  return side == LogSide::commands ? at(id).read_commands(from, bytes_max)
                                   : at(id).read_outcomes(from, bytes_max);
}

void KafkaLog::on_durable(PartitionId id, Bell* bell) { at(id).on_durable(bell); }

void KafkaLog::on_work(Bell* bell) {
  shared_.work_bell.store(bell);
  parts_.client->on_event(bell);
}

Result<Step> KafkaLog::step() {
  TRY(const Step polled, parts_.client->poll(*this));
  bool worked = polled == Step::worked;
  if (session_failed_) open_session();
  const int64_t now = parts_.clock->monotonic_ns();
  for (auto& partition : partitions_) worked |= partition->turn(now);
  const bool all = shared_.refused.exchange(false);
  for (auto& partition : partitions_) partition->ring_if_moved(all);
  return worked ? Step::worked : Step::idle;
}

/// After any failure the producer is given up with all that it may still send: whatever of it
/// arrives lies before the next claim or is a straggler.
void KafkaLog::open_session() {
  session_failed_ = false;
  session_ = parts_.client->open_session();
  for (auto& partition : partitions_) partition->session_opened(session_);
}

void KafkaLog::records(KafkaPlace place, std::span<const KafkaRecord> records) {
  if (place.side == LogSide::commands) at(place.partition).commands_came(records);
  else at(place.partition).outcomes_came(records);
}

void KafkaLog::report(const KafkaReport& report) {
  if (report.place.side == LogSide::commands) {
    shared_.undurable_bytes -= report.token;
    return;
  }
  at(report.place.partition).reported(report);
  if (report.fate == KafkaReport::Fate::failed && report.session == session_)
    session_failed_ = true;
}

void KafkaLog::end(KafkaPlace place, int64_t offset) {
  if (place.side == LogSide::outcomes) at(place.partition).outcomes_end(offset);
  else at(place.partition).commands_end(offset);
}

void KafkaLog::out_of_range(KafkaPlace place, int64_t begin) {
  at(place.partition).out_of_range(place.side, begin);
}

void KafkaLog::elected(std::span<const PartitionId> partitions) {
  for (const PartitionId id : parts_.topology.partitions())
    at(id).elected(std::find(partitions.begin(), partitions.end(), id) != partitions.end());
}

void KafkaLog::save() {}

}  // namespace spate
