// Finds the segment by its opening, the group by the index, and walks groups from there.
#include "engine/log/segment_reader.hpp"

#include <algorithm>

namespace spate {
namespace {

constexpr std::size_t scanned_bytes_max = std::size_t{1} << 20;  // once there is something to give
constexpr std::size_t passed_bytes_max = std::size_t{1} << 20;   // stored, on the way to a group
constexpr std::size_t index_bytes_max = std::size_t{64} << 20;

uint64_t place_key(uint64_t segment, uint64_t offset) {
  return segment << 32 | offset / block_bytes;
}

uint64_t last_before(const SegmentPlace& place, LogSide side, PartitionId id) {
  for (const PartitionState& state : place.states)
    if (state.id == id)
      return side == LogSide::commands ? state.tail.command.value : state.tail.sequence.value;
  return 0;
}

}  // namespace

struct SegmentReader::Wanted {
  LogSide side;
  PartitionId partition;
  uint64_t from;
  uint64_t through;
  std::size_t bytes_max;
};

SegmentReader::SegmentReader(Storage& storage, const Hash128& log, const Topology& topology,
                             std::vector<SegmentPlace> segments, SegmentReaderLimits limits)
    : storage_(storage),
      log_(log),
      topology_(topology),
      limits_(limits),
      places_(std::move(segments)) {}

SegmentReader::~SegmentReader() = default;

Result<BatchPtr> SegmentReader::read(LogSide side, PartitionId partition, uint64_t from,
                                     uint64_t through, std::size_t bytes_max) {
  if (!topology_.contains(partition) || from > through) return BatchPtr{};
  const Wanted wanted{side, partition, from, through, bytes_max};
  auto batch = std::make_shared<RecordBatch>(partition, side);
  for (std::size_t at = segment_for(side, partition, from);; ++at) {
    OpenPtr open;
    TRY(const Span span, span_at(at, wanted, open));
    if (span.has_records) {
      TRY(const bool done, gather(span, open, wanted, *batch));
      if (done) break;
    }
    if (span.is_last || !batch->empty()) break;
  }
  if (batch->empty()) return BatchPtr{};
  return BatchPtr{std::move(batch)};
}

std::size_t SegmentReader::segment_for(LogSide side, PartitionId partition, uint64_t from) {
  std::lock_guard lock(places_mutex_);
  const auto after = std::partition_point(
      places_.begin(), places_.end(),
      [&](const SegmentPlace& place) { return last_before(place, side, partition) < from; });
  return after == places_.begin() ? 0 : static_cast<std::size_t>(after - places_.begin()) - 1;
}

Result<SegmentReader::Span> SegmentReader::span_at(std::size_t at, const Wanted& wanted,
                                                   OpenPtr& opened) {
  SegmentPlace place;
  Span span;
  bool being_written = false;
  std::optional<uint64_t> offset;
  {
    std::lock_guard lock(places_mutex_);
    span.is_last = at + 1 == places_.size();
    being_written = span.is_last && last_is_open_;
    const SegmentPlace& p = places_[at];
    place.segment = p.segment;
    place.first_group = p.first_group;
    place.first_offset = p.first_offset;
    place.last_group = p.last_group;
    if (being_written) offset = last_index_.look_up(wanted.partition, wanted.side, wanted.from);
  }
  if (being_written && !offset) return span;
  TRY(opened, open(place, being_written));
  if (!being_written) offset = opened->index.look_up(wanted.partition, wanted.side, wanted.from);
  span.segment = place.segment;
  span.last_group = place.last_group;
  span.offset = offset.value_or(0);
  span.has_records = offset.has_value();
  return span;
}

Result<bool> SegmentReader::gather(const Span& span, const OpenPtr& open,
                                   const Wanted& wanted, RecordBatch& batch) {
  std::size_t scanned = 0;
  bool done = false;
  for (uint64_t offset = span.offset; !done;) {
    TRY(const GroupPtr group, group_at(span, open, offset));
    if (group == nullptr || group->head.number > span.last_group) return false;
    done = add_from(*group, wanted, batch);
    if (group->head.number == span.last_group) return done;
    scanned += group->body.size();
    if (!batch.empty() && scanned >= scanned_bytes_max) return true;
    offset = group->end();
  }
  return done;
}

/// True: nothing more is wanted.
bool SegmentReader::add_from(const ReadGroup& group, const Wanted& wanted,
                             RecordBatch& batch) const {
  const auto record_at = [&](uint32_t at) {
    RecordView record;
    std::memcpy(&record.head, group.body.data() + at, sizeof record.head);
    record.body = {group.body.data() + at + sizeof record.head, record.head.body_bytes};
    return record;
  };
  const auto places = group.places.of(wanted.side, topology_.dense_index(wanted.partition));
  auto place = std::partition_point(places.begin(), places.end(), [&](uint32_t at) {
    return record_at(at).head.number < wanted.from;
  });
  if (batch.empty() && place != places.end())
    batch.reserve(std::min(wanted.bytes_max, group.body.size()));
  for (; place != places.end(); ++place) {
    const RecordView record = record_at(*place);
    if (record.head.number > wanted.through) return true;
    batch.add_raw(record.head, record.body);
    if (batch.bytes().size() >= wanted.bytes_max) return true;
  }
  return false;
}

SegmentReader::GroupPtr SegmentReader::cached(uint64_t segment, uint64_t offset) {
  std::lock_guard lock(cache_mutex_);
  const auto found = by_place_.find(place_key(segment, offset));
  if (found == by_place_.end()) return {};
  cached_.splice(cached_.begin(), cached_, found->second);
  return cached_.front();
}

SegmentReader::GroupPtr SegmentReader::cache(std::shared_ptr<ReadGroup> group) {
  group->places = GroupPlaces(group->body, topology_);
  const uint64_t key = place_key(group->head.segment, group->offset);
  std::lock_guard lock(cache_mutex_);
  if (by_place_.contains(key)) return group;
  cached_bytes_ += group->memory_bytes();
  cached_.push_front(group);
  by_place_.emplace(key, cached_.begin());
  while (cached_bytes_ > limits_.cached_bytes_max && cached_.size() > 1) {
    const ReadGroup& oldest = *cached_.back();
    cached_bytes_ -= oldest.memory_bytes();
    by_place_.erase(place_key(oldest.head.segment, oldest.offset));
    cached_.pop_back();
  }
  return group;
}

Result<SegmentReader::GroupPtr> SegmentReader::group_at(const Span& span, const OpenPtr& open,
                                                        uint64_t offset) {
  if (GroupPtr group = cached(span.segment, offset)) return group;
  auto group = std::make_shared<ReadGroup>();
  TRY(const bool whole, read_group(open, span.segment, offset, *group));
  // What is wanted is durable, and so is every group on the way to it.
  if (!whole || group->head.kind == GroupKind::seal)
    return rot(storage_, span.segment, offset, "a group is damaged");
  if (group->head.number > span.last_group) return GroupPtr{};
  return cache(std::move(group));
}

Result<bool> SegmentReader::read_group(const OpenPtr& open, uint64_t segment, uint64_t offset,
                                       Group& group) {
  const std::unique_lock turn(in_order_.mutex, std::try_to_lock);
  const bool is_kept = turn.owns_lock() && open->is_closed;  // what is written yet goes stale
  if (is_kept && in_order_.aside.is(open, offset)) {  // a second group follows the first
    in_order_.scanner.emplace(*open->file, log_, segment);
    in_order_.scanner->read_ahead({});
    in_order_.at = {open, offset};
  }
  if (is_kept && in_order_.at.open == open && go_on_to(segment, offset)) {
    TRY(const bool whole, in_order_.scanner->read(offset, group));
    if (whole) in_order_.at.next = group.end();
    in_order_.aside = {};
    return whole;
  }
  GroupScanner scanner(*open->file, log_, segment);
  TRY(const bool whole, scanner.read(offset, group));
  if (is_kept && whole) in_order_.aside = {open, group.end()};
  return whole;
}

/// True: in order the group at `offset` is next. A partition passes over groups without records of
/// its own; the readers of those come for them: they are read on the way, so that the file is read
/// once and from front to back. If one is damaged, that concerns who needs it.
bool SegmentReader::go_on_to(uint64_t segment, uint64_t offset) {
  uint64_t& next = in_order_.at.next;
  if (next > offset || offset - next > passed_bytes_max) return false;
  while (next < offset) {
    if (const GroupPtr passed = cached(segment, next)) {
      next = passed->end();
      continue;
    }
    auto group = std::make_shared<ReadGroup>();
    const auto whole = in_order_.scanner->read(next, *group);
    if (!whole || !*whole || group->head.kind == GroupKind::seal) return false;
    next = group->end();
    cache(std::move(group));
  }
  return next == offset;
}

Result<SegmentReader::OpenPtr> SegmentReader::open(const SegmentPlace& place, bool is_last) {
  // The index of a segment that is being written is not complete yet: it is kept apart.
  const uint64_t name = place.segment << 1 | (is_last ? 1 : 0);
  {
    std::lock_guard lock(cache_mutex_);
    for (auto at = open_.begin(); at != open_.end(); ++at) {
      if ((*at)->name != name) continue;
      open_.splice(open_.begin(), open_, at);
      return OpenPtr{open_.front()};
    }
  }
  auto opened = std::make_shared<OpenSegment>();
  opened->name = name;
  opened->is_closed = !is_last;
  TRY(opened->file, storage_.open(segment_name(place.segment), OpenMode::read));
  if (!is_last) {
    TRY(opened->index, index_of(*opened->file, place));
  }
  std::lock_guard lock(cache_mutex_);
  open_.push_front(opened);
  if (open_.size() > limits_.open_segments_max) open_.pop_back();
  return opened;
}

Result<SegmentIndex> SegmentReader::index_of(StoredFile& file, const SegmentPlace& place) {
  if (auto stored = storage_.open(index_name(place.segment), OpenMode::read)) {
    TRY(const uint64_t size, (*stored)->size());
    ByteBuffer bytes;
    const std::size_t n = std::min<uint64_t>(size, index_bytes_max);
    TRY(const std::size_t got, (*stored)->read(0, {bytes.grow(n), n}));
    bytes.resize_down(got);
    if (auto index = SegmentIndex::decoded(bytes, log_, place.segment, place.last_group))
      return std::move(*index);
  }
  SegmentIndex index;
  GroupScanner scanner(file, log_, place.segment);
  Group group;
  uint64_t last = place.first_group;
  for (uint64_t offset = place.first_offset; last < place.last_group; offset = group.end()) {
    TRY(const bool whole, scanner.read(offset, group));
    if (!whole || group.head.number != last + 1)
      return rot(storage_, place.segment, offset, "a group is damaged");
    last = group.head.number;
    each_record(group.body, [&](const RecordView& record, std::size_t) {
      index.add({record.head.domain, record.head.index}, record.head.side, record.head.number,
                record.head.number, offset);
    });
  }
  return index;
}

void SegmentReader::open_segment(SegmentPlace place) {
  std::lock_guard lock(places_mutex_);
  place.last_group = place.first_group;
  places_.push_back(std::move(place));
  last_index_ = {};
  last_is_open_ = true;
}

void SegmentReader::note(PartitionId partition, LogSide side, uint64_t first, uint64_t last,
                         uint64_t offset) {
  std::lock_guard lock(places_mutex_);
  last_index_.add(partition, side, first, last, offset);
}

void SegmentReader::settle(uint64_t group) {
  std::lock_guard lock(places_mutex_);
  if (last_is_open_) places_.back().last_group = std::max(places_.back().last_group, group);
}

ByteBuffer SegmentReader::close_segment() {
  std::lock_guard lock(places_mutex_);
  if (!last_is_open_) return {};
  last_is_open_ = false;
  const SegmentPlace& place = places_.back();
  return last_index_.encoded(log_, place.segment, place.last_group);
}

}  // namespace spate
