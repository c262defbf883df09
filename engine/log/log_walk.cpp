// The same scanner, survey and checks as recovery, over all segments instead of the last.
#include "engine/log/log_walk.hpp"

#include "engine/log/manifest.hpp"
#include "engine/log/tail_scan.hpp"

namespace spate {
namespace {

class Walker {
 public:
  Walker(Storage& storage, const Manifest& manifest, const LogVisitor& visitor)
      : storage_(storage),
        log_(manifest.identity.id),
        visitor_(visitor),
        topology_(manifest.domains),
        check_(topology_) {
    walk_.identity = manifest.identity;
    walk_.domains = manifest.domains;
  }

  Result<LogWalk> run() {
    TRY(Survey found, survey(storage_, log_));
    TRY(judge_end(found.segments.back()));
    for (const SegmentPlace& place : found.segments) TRY(segment(place));
    for (const PartitionState& state : check_.states())
      walk_.tails.emplace_back(state.id, state.tail);
    return std::move(walk_);
  }

 private:
  /// The last segment ends where recovery would say.
  Result<void> judge_end(SegmentPlace& last) {
    TRY(auto file, storage_.open(segment_name(last.segment), OpenMode::read));
    TailScan scan(storage_, *file, log_, topology_, last);
    TRY(scan.run());
    last.last_group = scan.end().number;
    walk_.ends_clean = scan.sealed();
    walk_.torn_bytes = scan.torn_bytes();
    return {};
  }

  Result<void> segment(const SegmentPlace& place) {
    TRY(file_, storage_.open(segment_name(place.segment), OpenMode::read));
    TRY(check_opening(place));
    if (visitor_.segment) visitor_.segment(place.segment, place.file_bytes);
    ++walk_.segments;
    walk_.stored_bytes += place.first_offset;
    last_ = place.first_group;
    hash_ = place.opening_hash;
    GroupScanner scanner(*file_, log_, place.segment);
    Group group;
    for (uint64_t offset = place.first_offset; last_ < place.last_group; offset = group.end()) {
      TRY(const bool whole, scanner.read(offset, group));
      if (!whole) return rot(storage_, place.segment, offset, "a group is damaged");
      TRY(take(group));
    }
    return {};
  }

  Result<void> check_opening(const SegmentPlace& place) {
    if (place.first_group != last_ + 1 || place.previous != hash_)
      return rot(storage_, place.segment, 0, "its opening does not continue the segment before");
    for (const PartitionState& stated : place.states) {
      if (!topology_.contains(stated.id))
        return rot(storage_, place.segment, 0, "its opening names an unknown partition");
      const Tail& tail = check_.states()[topology_.dense_index(stated.id)].tail;
      if (stated.tail.sequence != tail.sequence || stated.tail.chain != tail.chain ||
          stated.tail.command != tail.command || stated.tail.cause != tail.cause ||
          stated.tail.time != tail.time)
        return rot(storage_, place.segment, 0,
                   "its opening says that partition " + std::to_string(stated.id.domain) + "." +
                       std::to_string(stated.id.index) + " stands at outcome " +
                       std::to_string(stated.tail.sequence.value) + ", the records say " +
                       std::to_string(tail.sequence.value));
    }
    return {};
  }

  Result<void> take(const Group& group) {
    const uint64_t segment = group.head.segment;
    if (group.head.number != last_ + 1 || group.head.previous != hash_)
      return rot(storage_, segment, group.offset,
                 "group " + std::to_string(group.head.number) + " does not continue group " +
                     std::to_string(last_));
    last_ = group.head.number;
    hash_ = group.hash;
    ++walk_.groups;
    walk_.raw_bytes += group.body.size();
    walk_.stored_bytes += group.end() - group.offset;
    if (visitor_.group) visitor_.group(group);
    std::string wrong;
    const bool rows = each_record(group.body, [&](const RecordView& record, std::size_t place) {
      if (!wrong.empty()) return;
      wrong = check_.add(record);
      if (!wrong.empty()) return;
      ++(record.head.side == LogSide::commands ? walk_.commands : walk_.outcomes);
      if (visitor_.record) visitor_.record(record, {segment, last_, group.offset, place});
    });
    if (!rows) wrong = "its body is no row of records";
    if (!wrong.empty()) return rot(storage_, segment, group.offset, wrong);
    return {};
  }

  Storage& storage_;
  const Hash128 log_;
  const LogVisitor& visitor_;
  const Topology topology_;
  TailCheck check_;
  LogWalk walk_;
  std::unique_ptr<StoredFile> file_;
  uint64_t last_ = 0;
  Hash128 hash_;
};

}  // namespace

Result<LogWalk> walk_log(Storage& storage, const LogVisitor& visitor) {
  TRY(const Manifest manifest, read_manifest(storage));
  return Walker(storage, manifest, visitor).run();
}

}  // namespace spate
