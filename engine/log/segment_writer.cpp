// One turn: settle the sync that ended, take what waits, write it, sync it.
#include "engine/log/segment_writer.hpp"

namespace spate {
namespace {
constexpr int64_t wake_at_latest_ns = 1'000'000'000;
}

SegmentWriter::SegmentWriter(SegmentParts parts, std::vector<PartitionState> states, SegmentEnd end,
                             SegmentWriterLimits limits)
    : parts_(parts),
      limits_(limits),
      builder_(parts.topology, states, limits.group),
      states_(std::move(states)),
      end_(end),
      durable_(end.number),
      durable_end_(end) {}

Taken SegmentWriter::take(BatchPtr batch) {
  const std::size_t bytes = batch->bytes().size();
  if (waits_for_spare_.load() && parts_.preparer.storage_full()) return Taken::full;
  const std::size_t before = undurable_bytes_.fetch_add(bytes);
  if (before > 0 && before + bytes > limits_.undurable_bytes_max) {
    undurable_bytes_.fetch_sub(bytes);
    return Taken::full;
  }
  parts_.window.add(parts_.topology.dense_index(batch->partition()), batch);
  {
    std::lock_guard lock(queue_mutex_);
    queue_.push_back(std::move(batch));
  }
  if (bell_ != nullptr) bell_->ring();
  return Taken::yes;
}

Result<Step> SegmentWriter::step() {
  if (fault_) return tl::unexpected<Fault>(*fault_);
  Result<Step> stepped = turn();
  if (stepped) return stepped;
  if (stepped.error().action == FaultAction::retry) return Step::blocked;  // no room, for now
  fault_ = stepped.error();
  return stepped;
}

Result<Step> SegmentWriter::turn() {
  TRY(bool moved, settle());
  moved |= take_queue();
  if (syncing_ != nullptr) return form_ahead() || moved ? Step::worked : Step::blocked;
  mark_if_due();
  TRY(const bool wrote, write_all());
  if (syncing_ == nullptr && active_ && end_.number > durable_) submit(*active_->file);
  if (syncing_ != nullptr) {
    TRY(settle());
    return Step::worked;
  }
  if (moved || wrote) return Step::worked;
  return waits_for_spare_ ? Step::blocked : Step::idle;
}

bool SegmentWriter::take_queue() {
  {
    std::lock_guard lock(queue_mutex_);
    taken_.swap(queue_);
  }
  for (BatchPtr& batch : taken_) builder_.add(std::move(batch));
  const bool any = !taken_.empty();
  taken_.clear();
  return any;
}

bool SegmentWriter::form_ahead() {
  if (builder_.empty() || formed_.size() >= limits_.groups_formed_ahead_max) return false;
  formed_.push_back(builder_.form());
  return true;
}

void SegmentWriter::mark_if_due() {
  if (unmarked_ && formed_.empty() && builder_.empty() && end_.number == durable_ &&
      parts_.clock.monotonic_ns() - idle_since_ns_ >= limits_.mark_after_idle_ns)
    formed_.push_back(GroupBuilder::mark());
}

int64_t SegmentWriter::wake_in_ns() const {
  if (!unmarked_) return wake_at_latest_ns;
  const int64_t idle = parts_.clock.monotonic_ns() - idle_since_ns_;
  return std::clamp<int64_t>(limits_.mark_after_idle_ns - idle, 0, wake_at_latest_ns);
}

Result<bool> SegmentWriter::write_all() {
  bool wrote = false;
  for (;;) {
    if (formed_.empty() && !builder_.empty()) formed_.push_back(builder_.form());
    if (formed_.empty()) return wrote;
    if (!fits(formed_.front())) {
      TRY(const bool began, begin_roll());
      return began || wrote;
    }
    TRY(write(formed_.front()));
    builder_.recycle(std::move(formed_.front().bytes));
    formed_.pop_front();
    wrote = true;
  }
}

bool SegmentWriter::fits(const FormedGroup& group) const {
  return active_ && stage_ == Stage::running &&
         end_.offset + group_bytes(group.head.stored_bytes) + seals_bytes <= active_->bytes;
}

Result<void> SegmentWriter::write(FormedGroup& group) {
  GroupHead head = group.head;
  head.log = parts_.log;
  head.segment = end_.segment;
  head.number = end_.number + 1;
  head.durable_through = durable_;
  head.previous = end_.hash;
  const Hash128 hash = finish_group(group.bytes, head);
  TRY(active_->file->write(end_.offset, group.bytes));
  for (const FormedGroup::Run& run : group.runs) {
    states_[run.dense] = run.after;
    parts_.reader.note(run.after.id, run.side, run.first, run.last, end_.offset);
  }
  end_ = {end_.segment, head.number, hash, end_.offset + group.bytes.size()};
  parts_.preparer.note_used(end_.offset, active_->bytes);
  unmarked_ = head.kind == GroupKind::records;
  ++counters_.groups;
  counters_.records += head.records;
  counters_.raw_bytes += head.raw_bytes;
  counters_.stored_bytes += group.bytes.size();
  unsettled_.push_back({head.number, std::move(group.runs)});
  return {};
}

void SegmentWriter::submit(StoredFile& file) {
  syncing_ = &file;
  syncing_end_ = end_;
  sync_began_ns_ = parts_.clock.monotonic_ns();
  syncing_records_ = counters_.records;
  file.submit_sync();
}

Result<bool> SegmentWriter::settle() {
  Result<bool> settled = settle_sync();
  if (!settled) settled.error().action = FaultAction::stop;  // nothing here can be tried again
  return settled;
}

Result<bool> SegmentWriter::settle_sync() {
  if (syncing_ == nullptr) return false;
  std::optional<Result<void>> ended = syncing_->sync_result();
  if (!ended) return false;
  syncing_ = nullptr;
  if (!*ended) return pass_on(std::move(ended->error()));
  idle_since_ns_ = parts_.clock.monotonic_ns();
  ++counters_.syncs;
  counters_.sync_ns += idle_since_ns_ - sync_began_ns_;
  if (observer_) observer_(idle_since_ns_ - sync_began_ns_, syncing_records_ - records_synced_);
  records_synced_ = syncing_records_;
  switch (stage_) {
    case Stage::running:
      durable_ = syncing_end_.number;
      publish();
      break;
    case Stage::opening:
      TRY(seal_previous());
      break;
    case Stage::sealing:
      TRY(finish_roll());
      break;
  }
  return true;
}

void SegmentWriter::publish() {
  {
    std::lock_guard lock(durable_end_mutex_);
    durable_end_ = syncing_end_;
  }
  parts_.reader.settle(durable_);
  for (; !unsettled_.empty() && unsettled_.front().number <= durable_; unsettled_.pop_front()) {
    for (const FormedGroup::Run& run : unsettled_.front().runs) {
      if (run.settles_bytes == 0) continue;  // the batch goes on in a later group
      parts_.board.settle(run.dense, run.side, run.last);
      parts_.window.settle(run.dense, run.side, run.last, run.settles_bytes);
      undurable_bytes_.fetch_sub(run.settles_bytes);
    }
  }
  parts_.board.ring();
}

}  // namespace spate
