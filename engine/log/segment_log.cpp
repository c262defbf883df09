// The port's calls, each a few lines over window, reader, writer and board.
#include "engine/log/segment_log.hpp"

#include "engine/base/chance.hpp"
#include "engine/log/chain.hpp"

namespace spate {
namespace {

/// A directory without a manifest holds no log, or one whose making was cut short: its first
/// segment, without a record. That one goes; anything more is a log that lost its manifest.
Result<void> begin_directory(Storage& storage) {
  TRY(const auto names, storage.list());
  std::optional<std::string> begun;
  for (const std::string& name : names) {
    const auto segment = segment_of_name(name);
    if (!segment) continue;
    TRY(auto file, storage.open(name, OpenMode::read));
    ByteBuffer head_bytes;
    TRY(const std::size_t n, file->read(0, {head_bytes.grow(block_bytes), block_bytes}));
    GroupHead head;
    std::memcpy(&head, head_bytes.data(), std::min(n, sizeof head));
    TRY(const uint64_t size, file->size());
    const bool was_begun = n < sizeof head || head.magic != group_magic ||
                           size == group_bytes(head.stored_bytes) + seals_bytes;
    if (*segment != 1 || !was_begun)
      return stop("log_rot", storage.directory() +
                                 " has segments but no whole MANIFEST file: "
                                 "restore the newest one from a copy");
    begun = name;
  }
  if (begun) TRY(storage.remove(*begun));  // only now: a refused directory stays as it is
  return storage.sync_directory();
}

Result<Manifest> manifest_of(Storage& storage, const SegmentLogOptions& options) {
  auto existing = read_manifest(storage);
  if (!existing && existing.error().code != "no_log") return existing;
  LogIdentity fresh = options.fresh.value_or(LogIdentity{});
  if (!options.fresh) fresh = {{chance(), chance()}, chance()};
  if (!existing) {
    TRY(begin_directory(storage));
    TRY(write_closed_segment(storage, fresh.id, {}, {}, {}));
  }
  return open_manifest(storage, options.domains, fresh);
}

std::vector<RecentWindow::Floor> floors_of(const std::vector<PartitionState>& states) {
  std::vector<RecentWindow::Floor> floors;
  for (const PartitionState& s : states)
    floors.push_back({{s.tail.command.value, s.tail.sequence.value}});
  return floors;
}

}  // namespace

Result<std::unique_ptr<SegmentLog>> SegmentLog::open(Storage& storage, const Clock& clock,
                                                     SegmentLogOptions options) {
  TRY(auto lock, storage.lock());
  TRY(Manifest manifest, manifest_of(storage, options));
  const Topology topology(manifest.domains);
  TRY(Recovered recovered, recover(storage, manifest.identity.id, topology, options.known));
  return std::unique_ptr<SegmentLog>(new SegmentLog(
      storage, clock, std::move(lock), std::move(manifest), std::move(recovered), options.limits));
}

SegmentLog::SegmentLog(Storage& storage, const Clock& clock, std::unique_ptr<DirectoryLock> lock,
                       Manifest manifest, Recovered recovered, const SegmentLogLimits& limits)
    : lock_(std::move(lock)),
      manifest_(std::move(manifest)),
      topology_(manifest_.domains),
      report_{recovered.was_clean, recovered.records_rescued, recovered.bytes_cut},
      board_(recovered.states),
      window_(floors_of(recovered.states), limits.recent_bytes_max),
      reader_(storage, manifest_.identity.id, topology_, std::move(recovered.segments),
              limits.reader),
      preparer_(storage, clock, limits.preparer, recovered.end.segment + 1),
      writer_(
          {storage, clock, manifest_.identity.id, topology_, board_, window_, reader_, preparer_},
          recovered.states, recovered.end, limits.writer) {
  for (const PartitionState& state : recovered.states) owned_.push_back({state.tail, state.epoch});
}

Result<Ownership> SegmentLog::acquire(PartitionId partition) {
  const uint32_t dense = topology_.dense_index(partition);
  Owned& owned = owned_[dense];
  owned.epoch = board_.raise_epoch(dense);
  owned.fate = Progress::Fate::durable;
  return Ownership{owned.epoch, owned.tail};
}

Taken SegmentLog::append_commands(PartitionId partition, BatchPtr batch) {
  Owned& owned = owned_[topology_.dense_index(partition)];
  ENSURE(!batch->empty() && batch->partition() == partition && batch->side() == LogSide::commands);
  ENSURE(batch->has_checksums());
  ENSURE(batch->first() > owned.tail.command.value);
  if (writer_.take(batch) == Taken::full) return Taken::full;
  owned.tail.command = {batch->last()};
  return Taken::yes;
}

Taken SegmentLog::append_outcomes(PartitionId partition, Epoch epoch, Sequence expected,
                                  BatchPtr batch) {
  Owned& owned = owned_[topology_.dense_index(partition)];
  if (owned.fate != Progress::Fate::durable) return Taken::yes;  // lost with what came before it
  if (epoch != owned.epoch || expected != owned.tail.sequence.next()) {
    owned.fate = Progress::Fate::conflict;
    return Taken::yes;
  }
  ENSURE(!batch->empty() && batch->partition() == partition && batch->side() == LogSide::outcomes);
  ENSURE(batch->has_checksums());
  ENSURE(batch->first() == expected.value);
  if (writer_.take(batch) == Taken::full) return Taken::full;
  Epoch seen = owned.epoch;
  advance(owned.tail, seen, *batch);
  return Taken::yes;
}

Progress SegmentLog::poll(PartitionId partition) {
  const uint32_t dense = topology_.dense_index(partition);
  return {owned_[dense].fate, board_.command(dense), board_.sequence(dense)};
}

Result<BatchPtr> SegmentLog::read(LogSide side, PartitionId partition, uint64_t from,
                                  std::size_t bytes_max) {
  const uint32_t dense = topology_.dense_index(partition);
  const uint64_t durable =
      side == LogSide::outcomes ? board_.sequence(dense).value : board_.command(dense).value;
  if (side == LogSide::outcomes && from > durable) return BatchPtr{};
  if (auto recent = window_.find(dense, side, from)) {
    const bool hidden = *recent && side == LogSide::outcomes && (*recent)->last() > durable;
    return hidden ? BatchPtr{} : std::move(*recent);
  }
  return reader_.read(side, partition, from, durable, bytes_max);
}

void SegmentLog::on_durable(PartitionId partition, Bell* bell) {
  board_.on_durable(topology_.dense_index(partition), bell);
}

void SegmentLog::on_work(Bell* writer, Bell* preparer) {
  writer_.on_taken(writer);
  preparer_.on_ready(writer);
  preparer_.on_taken(preparer);
}

Result<void> SegmentLog::close() {
  for (;;) {
    TRY(const Step wrote, writer_.step());
    if (wrote == Step::worked) continue;
    if (writer_.settled() && wrote == Step::idle) break;
    TRY(const Step prepared, preparer_.step());
    if (prepared == Step::idle && preparer_.storage_full())
      return retry("storage_full", "the disk is full: what was not answered yet is not kept");
  }
  return writer_.seal();
}

}  // namespace spate
