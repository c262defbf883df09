// Judge first, change later: no byte is written before the whole last segment has been judged.
#include "engine/log/segment_recovery.hpp"

#include <algorithm>

#include "engine/log/tail_scan.hpp"

namespace spate {
namespace {

constexpr std::size_t evidence_bytes = std::size_t{4} << 20;

struct Repair {
  Storage& storage;
  const Hash128& log;
  StoredFile& file;
  const SegmentPlace& place;
  const TailScan& scan;

  Result<ByteBuffer> bytes_of(uint64_t offset, std::size_t bytes) {
    ByteBuffer raw;
    TRY(const std::size_t n, file.read(offset, {raw.grow(bytes), bytes}));
    if (n < bytes) return rot(storage, place.segment, offset, "the file became shorter");
    return raw;
  }

  /// Makes certain of bytes that are as they should be but may be in the page cache alone.
  Result<void> write_again(uint64_t from, uint64_t to) {
    if (from == to) return {};
    TRY(const ByteBuffer raw, bytes_of(from, to - from));
    TRY(file.write(from, raw));
    return file.sync();
  }

  bool has_undurable_records() const {
    for (const auto& group : scan.undurable())
      if (group.head.kind == GroupKind::records) return true;
    return false;
  }

  /// The same bytes once more, and the seal behind them.
  Result<void> keep_in_place(Recovered& recovered) {
    TRY(write_again(scan.durable_end().offset, scan.end().offset));
    recovered.end = scan.end();
    recovered.segments.back().last_group = scan.end().number;
    return seal_segment(file, log, scan.end(), false);
  }

  /// The disk is full (B5): no new file, but the old one has its room. A sync that fails here too
  /// stops the start; it cannot do harm, for the bytes are those that already lie there.
  Result<void> rescue_in_place(Recovered& recovered) {
    TRY(const auto names, storage.list());  // a file may have been begun, or none
    const std::string begun = segment_name(place.segment + 1);
    if (std::find(names.begin(), names.end(), begun) != names.end()) TRY(storage.remove(begun));
    TRY(storage.sync_directory());
    return keep_in_place(recovered);
  }

  /// B3: the groups above the last durable one go into a segment of their own.
  Result<SegmentEnd> rescue(uint64_t& records) {
    std::vector<GroupBytes> groups;
    uint64_t from = scan.durable_end().offset;
    for (const auto& group : scan.undurable()) {
      if (group.head.kind == GroupKind::records) {
        TRY(auto bytes, bytes_of(from, group.end.offset - from));
        groups.push_back(std::move(bytes));
        records += group.head.records;
      }
      from = group.end.offset;
    }
    return write_closed_segment(storage, log, scan.durable_end(), scan.durable_states(),
                                std::move(groups));
  }
};

/// The segment that a closed one was made as, for the list of segments.
SegmentPlace place_of(const SegmentEnd& before, const SegmentEnd& end,
                      const std::vector<PartitionState>& states) {
  SegmentPlace place;
  place.segment = end.segment;
  place.file_bytes = end.offset + seals_bytes;
  place.first_group = before.number + 1;
  place.last_group = end.number;
  place.first_offset = group_bytes(opening_group(0, states).size() - group_head_bytes);
  place.previous = before.hash;
  place.states = states;
  return place;
}

/// Files behind a sealed segment hold nothing; a group in one belongs to a damaged opening.
Result<void> check_unopened(Storage& storage, const Hash128& log, const TailScan& scan,
                            const std::vector<uint64_t>& unopened) {
  const uint64_t next = scan.end().segment + 1;
  if (scan.rolled()) {
    if (unopened.empty())
      return stop("segment_missing", storage.directory() + "/" + segment_name(next) +
                                         " is missing: restore it from a copy");
    return rot(storage, next, 0, "its opening is damaged");
  }
  for (const uint64_t segment : unopened) {
    TRY(auto file, storage.open(segment_name(segment), OpenMode::read));
    GroupScanner scanner(*file, log, segment);
    Group group;
    for (uint64_t at = 0; at < evidence_bytes; at += block_bytes) {
      TRY(const bool whole, scanner.read(at, group));
      if (whole) return rot(storage, segment, 0, "its opening is damaged");
    }
  }
  return {};
}

Result<void> check_known(const Storage& storage, const TailScan& scan, const Topology& topology,
                         std::span<const KnownPosition> known) {
  for (const KnownPosition& k : known) {
    if (!topology.contains(k.partition)) continue;
    const Sequence last = scan.states()[topology.dense_index(k.partition)].tail.sequence;
    if (k.sequence <= last) continue;
    return rot(storage, scan.end().segment, scan.end().offset,
               "partition " + std::to_string(k.partition.domain) + "." +
                   std::to_string(k.partition.index) + " ends at outcome " +
                   std::to_string(last.value) + ", but a checkpoint was made at " +
                   std::to_string(k.sequence.value));
  }
  return {};
}

Result<void> repair(Repair& r, const std::vector<uint64_t>& unopened, Recovered& recovered) {
  for (const uint64_t segment : unopened) TRY(r.storage.remove(segment_name(segment)));
  if (!unopened.empty()) TRY(r.storage.sync_directory());
  const TailScan& scan = r.scan;
  if (scan.durable_through() < r.place.first_group) TRY(r.write_again(0, r.place.first_offset));
  if (!r.has_undurable_records()) return r.keep_in_place(recovered);  // marks at most
  Result<SegmentEnd> rescued = r.rescue(recovered.records_rescued);
  if (!rescued && rescued.error().code == "storage_full") return r.rescue_in_place(recovered);
  if (!rescued) return pass_on(std::move(rescued.error()));
  recovered.end = *rescued;
  recovered.segments.back().last_group = scan.durable_end().number;
  recovered.segments.push_back(place_of(scan.durable_end(), recovered.end, scan.durable_states()));
  return seal_segment(r.file, r.log, scan.durable_end(), true);
}

}  // namespace

Result<Recovered> recover(Storage& storage, const Hash128& log, const Topology& topology,
                          std::span<const KnownPosition> known) {
  TRY(Survey found, survey(storage, log));
  const SegmentPlace last = found.segments.back();
  TRY(auto file, storage.open(segment_name(last.segment), OpenMode::write));
  TailScan scan(storage, *file, log, topology, last);
  TRY(scan.run());
  Recovered recovered;
  recovered.segments = std::move(found.segments);
  recovered.was_clean = scan.sealed();
  recovered.bytes_cut = scan.torn_bytes();
  recovered.states = scan.states();
  if (scan.sealed()) {
    TRY(check_unopened(storage, log, scan, found.unopened));
    // The seal was written after all else was synced, save for the opening of a closed segment:
    // that sync may be the one that failed, with the bytes left in the page cache (B3).
    TRY((Repair{storage, log, *file, last, scan}.write_again(0, last.first_offset)));
    recovered.end = scan.end();
    recovered.segments.back().last_group = scan.end().number;
    return recovered;
  }
  TRY(check_known(storage, scan, topology, known));
  Repair r{storage, log, *file, last, scan};
  TRY(repair(r, found.unopened, recovered));
  return recovered;
}

}  // namespace spate
