// Dealing out to partitions what the client hands over, and the one session they share.
#include "engine/log/kafka_log.hpp"

#include <algorithm>
#include <utility>

namespace spate {

namespace {

std::vector<std::optional<KafkaResume>> read_notes(const Topology& topology, KafkaNotes* notes) {
  std::vector<std::optional<KafkaResume>> found(topology.partitions().size());
  for (std::size_t i = 0; notes != nullptr && i < found.size(); ++i)
    found[i] = notes->read(topology.partitions()[i]);
  return found;
}

std::vector<RecentWindow::Floor> floors_of(
    const std::vector<std::optional<KafkaResume>>& resumed) {
  std::vector<RecentWindow::Floor> floors(resumed.size());
  for (std::size_t i = 0; i < resumed.size(); ++i)
    if (resumed[i])
      floors[i].on_disk[static_cast<std::size_t>(LogSide::outcomes)] =
          resumed[i]->folded.tail.sequence.value;
  return floors;
}

}  // namespace

KafkaLog::KafkaLog(KafkaLogParts parts)
    : parts_(std::move(parts)),
      notes_(parts_.storage == nullptr
                 ? std::nullopt
                 : std::optional<KafkaNotes>(std::in_place, *parts_.storage, parts_.identity)),
      resumed_(read_notes(parts_.topology, notes_ ? &*notes_ : nullptr)),
      window_(floors_of(resumed_), parts_.limits.recent_bytes_max),
      shared_{*parts_.client, *parts_.clock, *parts_.door, parts_.limits, parts_.node, window_} {
  for (const DomainPlace& domain : parts_.topology.domains()) {
    for (uint16_t index = 0; index < domain.partitions; ++index) {
      const PartitionId id{domain.number, index};
      const uint32_t dense = parts_.topology.dense_index(id);
      noted_.push_back(resumed_[dense] ? resumed_[dense]->folded.next_offset : 0);
      partitions_.push_back(std::make_unique<KafkaPartition>(shared_, id, dense, domain.name,
                                                             std::move(resumed_[dense])));
    }
  }
  resumed_.clear();
  note_at_ns_ = parts_.clock->monotonic_ns() + parts_.limits.note_interval_ns;
  session_ = parts_.client->open_session();
  for (auto& partition : partitions_) partition->start(session_);
}

/// Who listens would let go of it when it is gone: at every end of a server that was so, until one
/// of them fell.
KafkaLog::~KafkaLog() { ENSURE(!published_.is_heard()); }

Result<Ownership> KafkaLog::acquire(PartitionId id) { return at(id).acquire(); }

std::optional<Tail> KafkaLog::tail(PartitionId id) { return at(id).tail(); }

Taken KafkaLog::append_commands(PartitionId id, BatchPtr batch) {
  return at(id).append_commands(std::move(batch));
}

Taken KafkaLog::append_outcomes(PartitionId id, Epoch epoch, Sequence expected, BatchPtr batch) {
  return at(id).append_outcomes(epoch, expected, std::move(batch));
}

uint64_t KafkaLog::publish(PartitionId id, Bytes command) {
  return published_.publish(id, command);
}

uint64_t KafkaLog::ask_end(PartitionId id) { return at(id).ask_end(); }

Progress KafkaLog::poll(PartitionId id) { return at(id).poll(); }

Result<BatchPtr> KafkaLog::read(LogSide side, PartitionId id, uint64_t from,
                                std::size_t bytes_max) {
  return side == LogSide::commands ? at(id).read_commands(from, bytes_max)
                                   : at(id).read_outcomes(from, bytes_max);
}

Sequence KafkaLog::outcomes_end(PartitionId id) const {
  return partitions_[parts_.topology.dense_index(id)]->outcomes_end();
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
  if (leaving_.load() && !std::exchange(has_left_, true)) {
    parts_.client->leave_group();
    for (auto& partition : partitions_) partition->leave();
    worked = true;
  }
  const int64_t now = parts_.clock->monotonic_ns();
  for (auto& partition : partitions_) worked |= partition->turn(now);
  if (notes_wanted_.exchange(false)) note_all();
  note_next(now);
  const bool all = shared_.refused.exchange(false);
  for (auto& partition : partitions_) {
    partition->tell_owner();
    partition->ring_if_moved(all);
  }
  return worked ? Step::worked : Step::idle;
}

void KafkaLog::leave() {
  leaving_.store(true);
  shared_.wake();
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

void KafkaLog::passed(KafkaPlace place, int64_t next) {
  if (place.side == LogSide::commands) at(place.partition).commands_passed(next);
}

void KafkaLog::report(const KafkaReport& report) {
  at(report.place.partition).report_came();
  if (report.place.side == LogSide::commands) {
    const bool is_durable = report.fate == KafkaReport::Fate::delivered;
    if (KafkaPublished::is_own(report.token)) return published_.reported(report.token, is_durable);
    shared_.undurable_bytes -= report.token;
    if (!is_durable) at(report.place.partition).command_failed();
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

void KafkaLog::electing() {
  for (auto& partition : partitions_) partition->electing();
}

void KafkaLog::elected(std::span<const PartitionId> partitions) {
  for (const PartitionId id : parts_.topology.partitions())
    at(id).elected(std::find(partitions.begin(), partitions.end(), id) != partitions.end());
}

bool KafkaLog::caught_up() const {
  return std::all_of(partitions_.begin(), partitions_.end(),
                     [](const auto& partition) { return partition->caught_up(); });
}

/// One partition a turn, so that no turn takes long.
void KafkaLog::note_next(int64_t now_ns) {
  if (now_ns < note_at_ns_) return;
  note(next_noted_);
  next_noted_ = (next_noted_ + 1) % partitions_.size();
  if (next_noted_ == 0) note_at_ns_ = now_ns + parts_.limits.note_interval_ns;
}

void KafkaLog::note_all() {
  for (std::size_t place = 0; place < partitions_.size(); ++place) note(place);
}

void KafkaLog::note(std::size_t place) {
  if (!notes_) return;
  const auto resume = partitions_[place]->resume();
  if (!resume || resume->folded.next_offset == noted_[place]) return;
  const auto written = notes_->write(parts_.topology.partitions()[place], *resume);
  if (written) noted_[place] = resume->folded.next_offset;
  else if (parts_.node.tell) parts_.node.tell("not noted: " + written.error().detail);
}

}  // namespace spate
