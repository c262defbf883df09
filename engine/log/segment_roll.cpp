// SegmentWriter, second half: from one segment to the next, and the clean stop.
#include "engine/log/segment_writer.hpp"

namespace spate {

/// The order is law: all groups durable, the new opening durable, the old segment sealed, then only
/// the first group of the new one. So a sealed segment tells whether another must follow it.
Result<bool> SegmentWriter::begin_roll() {
  if (end_.number > durable_) return false;  // its sync comes first
  if (!next_) next_ = parts_.preparer.take();
  waits_for_spare_ = !next_.has_value();
  if (!next_) return false;
  for (PartitionState& state : states_)
    state.epoch = std::max(state.epoch, parts_.board.epoch(parts_.topology.dense_index(state.id)));
  ByteBuffer opening = opening_group(next_->bytes, states_);
  GroupHead head;
  head.kind = GroupKind::opening;
  head.stored_bytes = head.raw_bytes = static_cast<uint32_t>(opening.size() - group_head_bytes);
  head.log = parts_.log;
  head.segment = next_->segment;
  head.number = end_.number + 1;
  head.durable_through = end_.number;
  head.previous = end_.hash;
  ENSURE(next_->segment == end_.segment + 1);
  const Hash128 hash = finish_group(opening, head);
  ENSURE(opening.size() + group_bytes(formed_.front().head.stored_bytes) + seals_bytes <=
         next_->bytes);
  TRY(next_->file->write(0, opening));
  previous_end_ = end_;
  end_ = {next_->segment, head.number, hash, opening.size()};
  counters_.stored_bytes += opening.size();
  stage_ = Stage::opening;
  submit(*next_->file);
  return true;
}

Result<void> SegmentWriter::seal_previous() {
  durable_ = end_.number;
  previous_index_ = parts_.reader.close_segment();
  SegmentPlace place;
  place.segment = end_.segment;
  place.file_bytes = next_->bytes;
  place.first_group = end_.number;
  place.first_offset = end_.offset;
  place.opening_hash = end_.hash;
  place.previous = previous_end_.hash;
  place.states = states_;
  parts_.reader.open_segment(std::move(place));
  if (active_) {
    previous_ = std::move(active_->file);
  } else {
    TRY(previous_, parts_.storage.open(segment_name(previous_end_.segment), OpenMode::write));
  }
  active_ = std::move(next_);
  next_.reset();
  unmarked_ = false;
  TRY(previous_->write(previous_end_.offset, seals(parts_.log, previous_end_, true)));
  stage_ = Stage::sealing;
  submit(*previous_);
  return {};
}

Result<void> SegmentWriter::finish_roll() {
  TRY(previous_->truncate(previous_end_.offset + seals_bytes));
  previous_.reset();
  write_index();
  stage_ = Stage::running;
  return {};
}

/// An index that is missing or torn is built again by who needs it: faults do not matter.
void SegmentWriter::write_index() {
  if (previous_index_.empty()) return;
  const std::string name = index_name(previous_end_.segment);
  if (auto file = parts_.storage.open(name, OpenMode::create))
    if (!(*file)->write(0, previous_index_)) (void)parts_.storage.remove(name);
  previous_index_.clear();
}

Result<void> SegmentWriter::seal() {
  ENSURE(settled() && stage_ == Stage::running && syncing_ == nullptr);
  if (fault_) return tl::unexpected<Fault>(*fault_);
  if (!active_) return {};
  if (end_.number > durable_) TRY(active_->file->sync());  // a mark at most
  TRY(seal_segment(*active_->file, parts_.log, end_, false));
  parts_.reader.settle(end_.number);
  previous_index_ = parts_.reader.close_segment();
  previous_end_ = end_;
  active_.reset();
  write_index();
  return {};
}

}  // namespace spate
