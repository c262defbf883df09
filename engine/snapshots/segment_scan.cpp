// What is copied was checked before: a snapshot of rot would be found only when it is needed.
#include "engine/snapshots/segment_scan.hpp"

namespace spate {

Result<ScannedSegment> scan_segment(Storage& storage, const Hash128& log, const Topology& topology,
                                    const SegmentPlace& place, uint64_t last, const Hash128& hash,
                                    const Pace& pace) {
  TailCheck check(topology);
  if (const std::string wrong = check.start_from(place.states); !wrong.empty())
    return rot(storage, place.segment, 0, wrong);
  TRY(auto file, storage.open(segment_name(place.segment), OpenMode::read));
  GroupScanner scanner(*file, log, place.segment);
  SegmentEnd end{place.segment, place.first_group, place.opening_hash, place.first_offset};
  Group group;
  while (end.number < last) {
    TRY(const bool whole, scanner.read(end.offset, group));
    if (!whole || group.head.number != end.number + 1 || group.head.previous != end.hash)
      return rot(storage, place.segment, end.offset, "a group is damaged");
    std::string wrong;
    const bool rows = each_record(group.body, [&](const RecordView& record, std::size_t) {
      if (wrong.empty()) wrong = check.add(record);
    });
    if (!rows) wrong = "its body is no row of records";
    if (!wrong.empty()) return rot(storage, place.segment, end.offset, wrong);
    TRY(keep_pace(pace, group.end() - end.offset));
    end = {place.segment, group.head.number, group.hash, group.end()};
  }
  if (end.hash != hash)
    return rot(storage, place.segment, end.offset, "its last group is not the one that was written");
  return ScannedSegment{end, check.take_states()};
}

}  // namespace spate
