// The model is a list of checksums a partition and side, and two numbers.
#include "tests/support/log_world.hpp"

namespace spate {
namespace {
constexpr std::size_t commands = 0, outcomes = 1;
}

SegmentLogOptions small_log_options() {
  SegmentLogOptions options;
  options.domains = {{"redemptions", 2}, {"coupons", 1}};
  options.fresh = LogIdentity{{0x1234, 0x5678}, 9};
  options.limits.preparer.segment_bytes = 64 << 10;
  options.limits.preparer.first_segment_bytes = 48 << 10;
  options.limits.preparer.disk_free_bytes_min = 0;
  options.limits.writer.group.group_bytes_max = 8 << 10;
  options.limits.writer.group.interleave_bytes = 1 << 10;
  options.limits.writer.undurable_bytes_max = 96 << 10;
  options.limits.recent_bytes_max = 16 << 10;
  options.limits.reader.cached_bytes_max = 32 << 10;
  options.limits.reader.open_segments_max = 3;
  return options;
}

LogWorld::LogWorld(uint64_t seed, int sync_polls_max, SegmentLogOptions options)
    : options_(std::move(options)),
      topology_(log_topology({{"redemptions", 2}, {"coupons", 1}})),
      random_(seed),
      disk_(seed, sync_polls_max),
      lines_(topology_.partitions().size()) {}

Result<void> LogWorld::start() {
  disk_.restart();
  ended_.reset();
  if (cut_in_start_) disk_.cut_power_after(*cut_in_start_);
  cut_in_start_.reset();
  TRY(log_, SegmentLog::open(disk_, clock_, options_));
  for (const PartitionId id : partitions()) {
    compare(id, LogSide::commands);
    compare(id, LogSide::outcomes);
    Line& l = line(id);
    TRY(l.owned, log_->acquire(id));
    l.last_cause = l.owned.tail.command.value;
    l.next_cause = l.owned.tail.cause.value + 1;
    if (l.owned.tail.sequence.value != l.sides[outcomes].records.size())
      wrong_ += " acquire says " + std::to_string(l.owned.tail.sequence.value) + " outcomes";
  }
  return {};
}

void LogWorld::compare(PartitionId id, LogSide side) {
  Side& model = line(id).sides[static_cast<std::size_t>(side)];
  const std::string name = numbers_in(*log_, side, id, ~uint64_t{0} >> 1);
  std::size_t found = 0;
  for (uint64_t from = 1;;) {
    const Result<BatchPtr> batch = log_->read(side, id, from, 2000);
    if (!batch) {
      if (!disk_.is_dead()) wrong_ += name + " " + batch.error().detail;
      return;
    }
    if (*batch == nullptr) break;
    for (const RecordView& record : **batch) {
      if (record.head.number < from) continue;
      if (record.head.number != from) wrong_ += name + " jumps to " + std::to_string(from);
      if (from > model.records.size()) {
        wrong_ += name + " has an invented record " + std::to_string(from);
        return;
      }
      if (record_crc(record.head, record.body) != model.records[from - 1])
        wrong_ += name + " has another record " + std::to_string(from);
      found = from++;
    }
  }
  if (found < model.told)
    wrong_ += name + " ends at " + std::to_string(found) + ", told " + std::to_string(model.told);
  model.records.resize(found);
  model.told = found;
}

void LogWorld::append(PartitionId id, std::size_t count, std::size_t text_bytes) {
  Line& l = line(id);
  if (count > 0) {
    const BatchPtr batch = command_batch(id, {l.last_cause + 1}, count, text_of(text_bytes));
    if (log_->append_commands(id, batch) == Taken::full) return;
    for (const RecordView& record : *batch) l.sides[commands].records.push_back(record.head.crc);
    l.last_cause += count;
  }
  const std::size_t decided = l.last_cause + 1 - l.next_cause;
  if (decided == 0) return;
  Tail tail = l.owned.tail;
  const BatchPtr batch =
      outcome_batch(id, tail, l.owned.epoch, {l.next_cause}, decided, text_of(text_bytes));
  if (log_->append_outcomes(id, l.owned.epoch, l.owned.tail.sequence.next(), batch) == Taken::full)
    return;
  for (const RecordView& record : *batch) l.sides[outcomes].records.push_back(record.head.crc);
  l.owned.tail = tail;
  l.next_cause += decided;
}

std::string LogWorld::text_of(std::size_t bytes) {
  std::string text(bytes, 'x');
  if (random_() % 2 == 0)
    for (char& c : text) c = static_cast<char>('a' + random_() % 26);
  return text;
}

void LogWorld::note(Result<Step> stepped) {
  if (!stepped && !ended_) ended_ = stepped.error();
}

void LogWorld::hear(PartitionId id) {
  const Progress progress = log_->poll(id);
  Line& l = line(id);
  if (progress.fate != Progress::Fate::durable) wrong_ += " lost ownership";
  l.sides[commands].told = std::max<std::size_t>(l.sides[commands].told, progress.cause.value);
  l.sides[outcomes].told = std::max<std::size_t>(l.sides[outcomes].told, progress.sequence.value);
}

void LogWorld::act() {
  if (ended_) return;
  const PartitionId id = partitions()[random_() % partitions().size()];
  switch (random_() % 12) {
    case 0:
    case 1:
    case 2:
      append(id, random_() % 5, random_() % 300);
      break;
    case 3:
      append(id, 1 + random_() % 12, random_() % 1200);
      break;
    case 4:
      note(log_->prepare_step());
      break;
    case 5:
      clock_.advance_ns(static_cast<int64_t>(random_() % 40'000'000));
      break;
    case 6: {
      const uint64_t from = 1 + random_() % (line(id).sides[outcomes].records.size() + 1);
      const auto batch = log_->read(LogSide::outcomes, id, from, 500);
      if (!batch && !disk_.is_dead()) wrong_ += " " + batch.error().detail;
      break;
    }
    case 7:
      hear(id);
      break;
    default:
      note(log_->write_step());
  }
}

void LogWorld::settle() {
  for (int turns = 0; turns < 10'000 && !ended_; ++turns) {
    note(log_->prepare_step());
    note(log_->write_step());
    bool all = true;
    for (const PartitionId id : partitions()) {
      hear(id);
      for (const Side& side : line(id).sides) all &= side.told == side.records.size();
    }
    if (all) return;
  }
}

Result<void> LogWorld::close() {
  Result<void> closed = log_->close();
  for (const PartitionId id : partitions()) hear(id);
  log_.reset();
  return closed;
}

void LogWorld::kill() {
  log_.reset();
  disk_.restart();
}

std::string LogWorld::counts() {
  std::string text;
  for (const PartitionId id : partitions()) {
    const Ownership owned = *log_->acquire(id);
    line(id).owned = owned;
    text += (text.empty() ? "" : ", ") + std::to_string(id.domain) + "." +
            std::to_string(id.index) + " commands " + std::to_string(owned.tail.command.value) +
            " outcomes " + std::to_string(owned.tail.sequence.value);
  }
  return text;
}

uint64_t LogWorld::told_records() const {
  uint64_t told = 0;
  for (const Line& l : lines_) told += l.sides[commands].told + l.sides[outcomes].told;
  return told;
}

}  // namespace spate
