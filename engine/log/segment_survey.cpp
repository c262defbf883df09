// Reads one opening a segment; the groups of all but the last are left for verify and readers.
#include "engine/log/segment_survey.hpp"

namespace spate {
namespace {

Result<bool> read_opening(Storage& storage, const Hash128& log, uint64_t segment,
                          SegmentPlace& place) {
  TRY(auto file, storage.open(segment_name(segment), OpenMode::read));
  GroupScanner scanner(*file, log, segment);
  Group group;
  TRY(const bool whole, scanner.read(0, group));
  if (!whole || group.head.kind != GroupKind::opening) return false;
  auto opening = parse_opening(group.body);
  if (!opening) return false;
  place.segment = segment;
  place.file_bytes = opening->segment_bytes;
  place.first_group = group.head.number;
  place.first_offset = group.end();
  place.opening_hash = group.hash;
  place.previous = group.head.previous;
  place.states = std::move(opening->states);
  return true;
}

/// A segment with a successor has all its bytes, or ends behind its seals.
Result<void> check_end(Storage& storage, const Hash128& log, const SegmentPlace& place,
                       const SegmentPlace& next) {
  if (next.first_group <= place.first_group)
    return rot(storage, next.segment, 0, "its opening is not newer than that of the one before");
  TRY(auto file, storage.open(segment_name(place.segment), OpenMode::read));
  TRY(const uint64_t size, file->size());
  if (size == place.file_bytes) return {};
  GroupScanner scanner(*file, log, place.segment);
  SegmentEnd end{place.segment, next.first_group - 1, next.previous, 0};
  Group group;
  for (std::size_t copy = 1; copy <= 2 && size >= copy * block_bytes; ++copy) {
    TRY(const bool whole, scanner.read(size - copy * block_bytes, group));
    if (whole && is_seal_of(group.head, end)) return {};
  }
  return rot(storage, place.segment, size,
             "the file ends here, before " + std::to_string(place.file_bytes) +
                 " bytes and without a seal: it was cut");
}

}  // namespace

tl::unexpected<Fault> rot(const Storage& storage, uint64_t segment, uint64_t offset,
                          const std::string& what) {
  return stop("log_rot", storage.directory() + "/" + segment_name(segment) + " at " +
                             std::to_string(offset) + ": " + what +
                             "; nothing was changed, restore the file from a copy");
}

Result<Survey> survey(Storage& storage, const Hash128& log) {
  TRY(const auto names, storage.list());
  Survey found;
  for (const std::string& name : names) {
    const auto number = segment_of_name(name);
    if (!number) continue;
    SegmentPlace place;
    TRY(const bool opened, read_opening(storage, log, *number, place));
    if (!opened) {
      found.unopened.push_back(*number);
      continue;
    }
    if (!found.unopened.empty())
      return rot(storage, found.unopened.front(), 0, "its opening is damaged");
    const uint64_t expected = found.segments.empty() ? 1 : found.segments.back().segment + 1;
    if (*number != expected)
      return stop("segment_missing", storage.directory() + "/" + segment_name(expected) +
                                         " is missing: restore it from a copy");
    if (!found.segments.empty()) {
      found.segments.back().last_group = place.first_group - 1;
      TRY(check_end(storage, log, found.segments.back(), place));
    }
    found.segments.push_back(std::move(place));
  }
  if (found.segments.empty())
    return rot(storage, 1, 0, "the log's first segment is missing or damaged");
  return found;
}

}  // namespace spate
