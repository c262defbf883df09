// Batches in ordered maps; durability is a number that is moved by hand.
#include "engine/log/memory_log.hpp"

#include "engine/log/chain.hpp"

namespace spate {
namespace {
constexpr std::size_t commands = 0, outcomes = 1;
std::size_t slot(LogSide side) { return static_cast<std::size_t>(side); }
}  // namespace

MemoryLog::MemoryLog(Topology topology, LogIdentity identity, MemoryLogLimits limits)
    : topology_(std::move(topology)),
      identity_(identity),
      limits_(limits),
      partitions_(topology_.partitions().size()) {}

Result<Ownership> MemoryLog::acquire(PartitionId id) {
  std::lock_guard lock(mutex_);
  if (holding_)
    return retry(away_ ? "owned_elsewhere" : "held", "another node owns the partition");
  Partition& p = at(id);
  forget_undurable(p, LogSide::outcomes);
  p.fate = Progress::Fate::durable;
  p.epoch = p.epoch.next();
  return Ownership{p.epoch, p.tail};
}

std::optional<Tail> MemoryLog::tail(PartitionId id) {
  std::lock_guard lock(mutex_);
  const Partition& p = at(id);
  if (p.durable[outcomes] != p.tail.sequence.value) return std::nullopt;
  return p.tail;
}

Taken MemoryLog::append_commands(PartitionId id, BatchPtr batch) {
  std::lock_guard lock(mutex_);
  Partition& p = at(id);
  if (!has_room(batch->bytes().size())) return Taken::full;
  ENSURE(!batch->empty());
  if (limits_.numbering == Numbering::log) {
    p.undurable_bytes += batch->bytes().size();
    undurable_bytes_ += batch->bytes().size();
    p.unnumbered.push_back(std::move(batch));
    return Taken::yes;
  }
  ENSURE(batch->first() > p.tail.command.value);
  add(p, LogSide::commands, std::move(batch));
  return Taken::yes;
}

Taken MemoryLog::append_outcomes(PartitionId id, Epoch epoch, Sequence expected, BatchPtr batch) {
  std::lock_guard lock(mutex_);
  Partition& p = at(id);
  if (p.fate != Progress::Fate::durable) return Taken::yes;  // lost with what came before it
  if (!has_room(batch->bytes().size())) return Taken::full;
  if (epoch != p.epoch || expected != p.tail.sequence.next()) {
    p.fate = Progress::Fate::conflict;
    p.reported = {p.durable[outcomes]};
    return Taken::yes;
  }
  ENSURE(!batch->empty() && batch->first() == expected.value);
  add(p, LogSide::outcomes, std::move(batch));
  return Taken::yes;
}

uint64_t MemoryLog::ask_end(PartitionId id) {
  if (limits_.numbering == Numbering::owner) return 0;
  std::lock_guard lock(mutex_);
  return ++at(id).asked;
}

Progress MemoryLog::poll(PartitionId id) {
  std::lock_guard lock(mutex_);
  const Partition& p = at(id);
  const bool failed = p.fate != Progress::Fate::durable;
  return {p.fate, {p.durable[commands]}, failed ? p.reported : Sequence{p.durable[outcomes]},
          p.answered, {p.durable[commands]}, p.commands_failed};
}

Result<BatchPtr> MemoryLog::read(LogSide side, PartitionId id, uint64_t from, std::size_t) {
  std::lock_guard lock(mutex_);
  if (unreadable_) return retry("unreadable", "the log cannot be read just now");
  const Partition& p = at(id);
  const auto found = p.batches[slot(side)].lower_bound(from);
  if (found == p.batches[slot(side)].end()) return BatchPtr{};
  if (side == LogSide::outcomes && found->first > p.durable[outcomes]) return BatchPtr{};
  return BatchPtr{found->second};
}

Sequence MemoryLog::outcomes_end(PartitionId id) const {
  std::lock_guard lock(mutex_);
  return {partitions_[topology_.dense_index(id)].durable[outcomes]};
}

void MemoryLog::on_durable(PartitionId id, Bell* bell) {
  std::lock_guard lock(mutex_);
  at(id).bells.push_back(bell);
}

Step MemoryLog::step() {
  std::lock_guard lock(mutex_);
  bool moved = false;
  for (Partition& p : partitions_) moved |= settle(p);
  return moved ? Step::worked : Step::idle;
}

void MemoryLog::make_durable(PartitionId id) {
  std::lock_guard lock(mutex_);
  settle(at(id));
}

namespace {

/// As it is read from a disk: who waited for it died with the process.
BatchPtr without_tickets(const RecordBatch& batch) {
  auto copy = std::make_shared<RecordBatch>(batch.partition(), batch.side());
  for (const RecordView record : batch) copy->add_raw(record.head, record.body);
  return copy;
}

}  // namespace

void MemoryLog::crash() {
  std::lock_guard lock(mutex_);
  for (Partition& p : partitions_) {
    forget_undurable(p, LogSide::outcomes);
    forget_undurable(p, LogSide::commands);
    p.unnumbered.clear();
    for (auto& [last, batch] : p.batches[commands]) batch = without_tickets(*batch);
    p.fate = Progress::Fate::unknown;
    p.reported = {p.durable[outcomes]};
  }
}

void MemoryLog::crash_within(PartitionId id, Sequence last) {
  {
    std::lock_guard lock(mutex_);
    Partition& p = at(id);
    auto& batches = p.batches[outcomes];
    const auto cut = batches.lower_bound(last.value);
    ENSURE(cut != batches.end() && cut->second->first() <= last.value);
    auto kept = std::make_shared<RecordBatch>(id, LogSide::outcomes);
    for (const RecordView record : *cut->second)
      if (record.head.number <= last.value) kept->add_raw(record.head, record.body);
    batches.erase(cut, batches.end());
    batches.emplace(last.value, std::move(kept));
    p.durable[commands] = p.tail.command.value;
    p.durable[outcomes] = last.value;
    undurable_bytes_ -= std::exchange(p.undurable_bytes, 0);
  }
  crash();
}

void MemoryLog::fail(PartitionId id, Progress::Fate fate, bool happened) {
  std::lock_guard lock(mutex_);
  Partition& p = at(id);
  p.reported = {p.durable[outcomes]};
  if (!happened) forget_undurable(p, LogSide::outcomes);
  settle(p);
  p.fate = fate;
}

void MemoryLog::fail_commands(PartitionId id) {
  std::lock_guard lock(mutex_);
  Partition& p = at(id);
  for (const BatchPtr& batch : p.unnumbered) {
    p.commands_failed += batch->count();
    p.undurable_bytes -= batch->bytes().size();
    undurable_bytes_ -= batch->bytes().size();
  }
  p.unnumbered.clear();
  for (Bell* bell : p.bells) bell->ring();
}

void MemoryLog::refuse(bool full) {
  std::lock_guard lock(mutex_);
  refusing_ = full;
}

void MemoryLog::hold_acquire(bool held, bool for_good) {
  std::lock_guard lock(mutex_);
  holding_ = held;
  away_ = for_good;
}

void MemoryLog::fail_reads(bool fail) {
  std::lock_guard lock(mutex_);
  unreadable_ = fail;
}

void MemoryLog::append_elsewhere(PartitionId id, BatchPtr batch) {
  std::lock_guard lock(mutex_);
  Partition& p = at(id);
  forget_undurable(p, LogSide::outcomes);
  advance(p.tail, p.epoch, *batch);
  p.durable[outcomes] = batch->last();
  p.batches[outcomes].emplace(batch->last(), std::move(batch));
}

Cause MemoryLog::append_foreign(PartitionId id, Instant time, Bytes body) {
  std::lock_guard lock(mutex_);
  Partition& p = at(id);
  number(p);
  p.tail.command = p.tail.command.next();
  auto batch = std::make_shared<RecordBatch>(id, LogSide::commands);
  batch->add(p.tail.command.value, time, body);
  p.durable[commands] = p.tail.command.value;
  p.batches[commands].emplace(p.tail.command.value, std::move(batch));
  return p.tail.command;
}

std::size_t MemoryLog::undurable_bytes() const {
  std::lock_guard lock(mutex_);
  return undurable_bytes_;
}

bool MemoryLog::has_room(std::size_t bytes) const {
  if (refusing_) return false;
  return undurable_bytes_ == 0 || undurable_bytes_ + bytes <= limits_.undurable_bytes_max;
}

void MemoryLog::add(Partition& p, LogSide side, BatchPtr batch) {
  advance(p.tail, p.epoch, *batch);
  p.undurable_bytes += batch->bytes().size();
  undurable_bytes_ += batch->bytes().size();
  const uint64_t last = batch->last();
  p.batches[slot(side)].emplace(last, std::move(batch));
}

/// Commands get their numbers as they become durable.
void MemoryLog::number(Partition& p) {
  for (; !p.unnumbered.empty(); p.unnumbered.pop_front()) {
    const RecordBatch& given = *p.unnumbered.front();
    auto batch = std::make_shared<RecordBatch>(given.partition(), LogSide::commands);
    batch->tickets = given.tickets;
    for (const RecordView record : given) {
      p.tail.command = p.tail.command.next();
      batch->add(p.tail.command.value, {record.head.time}, record.body);
    }
    p.batches[commands].emplace(batch->last(), std::move(batch));
  }
}

bool MemoryLog::settle(Partition& p) {
  number(p);
  const bool answers = std::exchange(p.answered, p.asked) != p.asked;
  if (p.undurable_bytes == 0) {
    if (answers)
      for (Bell* bell : p.bells) bell->ring();
    return answers;
  }
  p.durable[commands] = p.tail.command.value;
  p.durable[outcomes] = p.tail.sequence.value;
  undurable_bytes_ -= p.undurable_bytes;
  p.undurable_bytes = 0;
  for (Bell* bell : p.bells) bell->ring();
  return true;
}

void MemoryLog::forget_undurable(Partition& p, LogSide side) {
  auto& batches = p.batches[slot(side)];
  const auto first = batches.upper_bound(p.durable[slot(side)]);
  for (auto at = first; at != batches.end(); ++at) {
    p.undurable_bytes -= at->second->bytes().size();
    undurable_bytes_ -= at->second->bytes().size();
  }
  batches.erase(first, batches.end());
  const Cause command = p.tail.command;
  p.tail = {};
  p.tail.command = side == LogSide::commands ? Cause{p.durable[commands]} : command;
  Epoch seen;
  const auto& kept = p.batches[outcomes];
  if (!kept.empty()) advance(p.tail, seen, *kept.rbegin()->second);
}

}  // namespace spate
