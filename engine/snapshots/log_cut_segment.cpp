// The last segment of a log that was cut: its groups as they are, then what is left of the others.
#include "engine/log/group_scanner.hpp"
#include "engine/snapshots/log_cut.hpp"

namespace spate {
namespace {

constexpr std::size_t flush_piece_bytes = std::size_t{1} << 20;

class CutWriter {
 public:
  CutWriter(Storage& from, const Hash128& log, const Topology& topology, const LogCut& cut,
            StoredFile& into)
      : from_(from), log_(log), topology_(topology), cut_(cut), into_(into) {}

  Result<SegmentEnd> run(const std::vector<SegmentPlace>& places, std::size_t at) {
    const SegmentPlace& first = places[at];
    end_ = {first.segment, first.first_group, first.opening_hash, first.first_offset};
    for (; at < places.size(); ++at) {
      if (places[at].segment != first.segment && cut_.lies_before(topology_, places[at].states))
        break;
      TRY(segment(places[at]));
    }
    TRY(flush());
    TRY(into_.write(end_.offset, seals(log_, end_, false)));
    TRY(into_.sync());
    return end_;
  }

 private:
  Result<void> segment(const SegmentPlace& place) {
    TRY(file_, from_.open(segment_name(place.segment), OpenMode::read));
    GroupScanner scanner(*file_, log_, place.segment);
    const bool is_first = place.segment == end_.segment;
    if (!is_first) as_it_is_ = false;
    else TRY(copy(0, place.first_offset));
    Group group;
    uint64_t number = place.first_group;
    for (uint64_t at = place.first_offset; number < place.last_group; at = group.end(), ++number) {
      TRY(const bool whole, scanner.read(at, group));
      if (!whole && place.last_group == ~uint64_t{0}) break;  // the last one: its end is not stated
      if (!whole) return rot(from_, place.segment, at, "a group is damaged");
      if (group.head.kind == GroupKind::seal) break;
      TRY(take(group));
    }
    return {};
  }

  Result<void> take(const Group& group) {
    ByteBuffer kept;
    kept.grow(group_head_bytes);
    uint32_t records = 0;
    each_record(group.body, [&](const RecordView& record, std::size_t at) {
      if (!cut_.keeps(topology_, record.head)) return;
      const std::size_t bytes = sizeof(RecordHead) + aligned_up(record.head.body_bytes, 8);
      kept.append(Bytes(group.body).subspan(at, bytes));
      ++records;
    });
    if (records == group.head.records && as_it_is_) {
      TRY(copy(group.offset, group.end()));
      end_ = {end_.segment, group.head.number, group.hash, group.end()};
      return {};
    }
    as_it_is_ = false;
    return records == 0 ? Result<void>() : write(kept, records);
  }

  Result<void> write(ByteBuffer& raw, uint32_t records) {
    TRY(flush());
    ByteBuffer packed;
    const bool is_packed = pack_body(raw, packed);
    ByteBuffer& stored = is_packed ? packed : raw;
    GroupHead head;
    head.flags = is_packed ? group_flag::packed : 0;
    head.log = log_;
    head.segment = end_.segment;
    head.number = end_.number + 1;
    head.durable_through = end_.number;
    head.previous = end_.hash;
    head.stored_bytes = static_cast<uint32_t>(stored.size() - group_head_bytes);
    head.raw_bytes = static_cast<uint32_t>(raw.size() - group_head_bytes);
    head.records = records;
    const Hash128 hash = finish_group(stored, head);
    TRY(into_.write(end_.offset, stored));
    end_ = {end_.segment, head.number, hash, end_.offset + stored.size()};
    return {};
  }

  /// Bytes of the first segment stay where they were; neighbours are copied together.
  Result<void> copy(uint64_t from, uint64_t to) {
    ENSURE(from == copied_to_);
    copied_to_ = to;
    return copied_to_ - flushed_to_ < flush_piece_bytes ? Result<void>() : flush();
  }

  Result<void> flush() {
    if (flushed_to_ == copied_to_) return {};
    ByteBuffer bytes;
    const std::size_t n = copied_to_ - flushed_to_;
    TRY(auto file, from_.open(segment_name(end_.segment), OpenMode::read));
    TRY(const std::size_t read, file->read(flushed_to_, {bytes.grow(n), n}));
    if (read < n) return rot(from_, end_.segment, flushed_to_, "the file became shorter");
    TRY(into_.write(flushed_to_, bytes));
    flushed_to_ = copied_to_;
    return {};
  }

  Storage& from_;
  const Hash128 log_;
  const Topology& topology_;
  const LogCut& cut_;
  StoredFile& into_;
  std::unique_ptr<StoredFile> file_;
  SegmentEnd end_;
  uint64_t copied_to_ = 0, flushed_to_ = 0;
  bool as_it_is_ = true;
};

}  // namespace

Result<SegmentEnd> write_cut_segment(Storage& from, const Hash128& log, const Topology& topology,
                                     const std::vector<SegmentPlace>& places, std::size_t at,
                                     const LogCut& cut, StoredFile& into) {
  return CutWriter(from, log, topology, cut, into).run(places, at);
}

}  // namespace spate
