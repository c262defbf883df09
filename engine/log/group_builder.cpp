// Commands and the outcomes decided from them lie close together: they repeat each other, and the
// packer looks back no further than 64 KiB.
#include "engine/log/group_builder.hpp"

#include <algorithm>

#include "engine/log/chain.hpp"
#include "schemas/envelope_generated.h"

namespace spate {
namespace {
constexpr std::size_t spare_buffers_max = 8;
constexpr uint32_t groups_skipped_max = 63;
}

FormedGroup GroupBuilder::form() {
  ENSURE(!queue_.empty());
  FormedGroup group;
  if (!spare_.empty()) {
    group.bytes = std::move(spare_.back());
    spare_.pop_back();
  }
  group.bytes.clear();
  group.bytes.grow(group_head_bytes);
  while (!queue_.empty() && place_next(group)) continue;
  group.head.kind = GroupKind::records;
  const std::size_t raw_bytes = group.bytes.size() - group_head_bytes;
  ENSURE(raw_bytes <= group_body_bytes_max);  // else no reader would believe it
  group.head.raw_bytes = static_cast<uint32_t>(raw_bytes);
  if (limits_.pack) pack(group);
  group.head.stored_bytes = static_cast<uint32_t>(group.bytes.size() - group_head_bytes);
  return group;
}

/// Noise is not tried again and again: each try in vain doubles the groups until the next one.
void GroupBuilder::pack(FormedGroup& group) {
  if (groups_to_skip_ > 0) {
    --groups_to_skip_;
    return;
  }
  if (pack_body(group.bytes, packed_)) {
    group.head.flags = group_flag::packed;
    group.bytes.swap(packed_);
    skip_next_ = 0;
  } else {
    groups_to_skip_ = skip_next_;
    skip_next_ = std::min(skip_next_ * 2 + 1, groups_skipped_max);
  }
}

bool GroupBuilder::place_next(FormedGroup& group) {
  Queued& first = queue_.front();
  const bool decided = queue_.size() > 1 && first.batch->side() == LogSide::commands &&
                       queue_[1].batch->side() == LogSide::outcomes &&
                       queue_[1].batch->partition() == first.batch->partition();
  const std::size_t placed = first.placed_bytes;
  Share share;
  if (decided) share.bytes_max = limits_.interleave_bytes;
  place(first, group, share);
  if (first.placed_bytes == placed) return false;  // the group is full
  if (decided) {
    // The last outcome waits for the last command: batches become durable in order, too.
    place(queue_[1], group, {.decided_only = true, .keep_last = !first.done()});
    if (queue_[1].done()) queue_.erase(queue_.begin() + 1);
  }
  if (queue_.front().done()) queue_.pop_front();
  return true;
}

bool GroupBuilder::is_decided(const RecordView& outcome, uint32_t dense) const {
  const auto* body = flatbuffers::GetRoot<envelope::Outcome>(outcome.body.data());
  return body->cause() <= states_[dense].tail.command.value;
}

void GroupBuilder::place(Queued& queued, FormedGroup& group, Share share) {
  const Bytes rest = Bytes(queued.batch->bytes()).subspan(queued.placed_bytes);
  const std::size_t used = group.bytes.size() - group_head_bytes;
  std::size_t taken = 0;
  RecordView record, last;
  FormedGroup::Run run;
  run.dense = topology_.dense_index(queued.batch->partition());
  run.side = queued.batch->side();
  for (std::size_t records = 0; taken < rest.size(); ++records) {
    std::memcpy(&record.head, rest.data() + taken, sizeof(RecordHead));
    const std::size_t bytes = sizeof(RecordHead) + aligned_up(record.head.body_bytes, 8);
    const bool alone = used == 0 && records == 0;
    if (used + taken + bytes > limits_.group_bytes_max && !alone) break;
    if (taken > 0 && taken + bytes > share.bytes_max) break;
    if (share.keep_last && taken + bytes == rest.size()) break;
    record.body = rest.subspan(taken + sizeof(RecordHead), record.head.body_bytes);
    if (share.decided_only && !is_decided(record, run.dense)) break;
    if (records == 0) run.first = record.head.number;
    last = record;
    taken += bytes;
    ++group.head.records;
  }
  if (taken == 0) return;
  group.bytes.append(rest.first(taken));
  queued.placed_bytes += taken;
  run.last = last.head.number;
  advance(states_[run.dense].tail, states_[run.dense].epoch, run.side, last);
  run.after = states_[run.dense];
  if (taken == rest.size()) run.settles_bytes = queued.batch->bytes().size();
  group.runs.push_back(run);
}

FormedGroup GroupBuilder::mark() {
  FormedGroup group;
  group.head.kind = GroupKind::mark;
  group.bytes.grow(group_head_bytes);
  return group;
}

void GroupBuilder::recycle(ByteBuffer bytes) {
  if (spare_.size() < spare_buffers_max) spare_.push_back(std::move(bytes));
}

}  // namespace spate
