// The order of writes here is what makes a crash at any instant harmless.
#include "engine/log/closed_segment.hpp"

namespace spate {

ByteBuffer seals(const Hash128& log, const SegmentEnd& end, bool rolled) {
  GroupHead head;
  head.kind = GroupKind::seal;
  head.flags = rolled ? group_flag::rolled : 0;
  head.log = log;
  head.segment = end.segment;
  head.number = end.number;
  head.durable_through = end.number;
  head.previous = end.hash;
  ByteBuffer both;
  both.grow(group_head_bytes);
  finish_group(both, head);
  ByteBuffer copy;
  copy.append(both);
  both.append(copy);
  return both;
}

bool is_seal_of(const GroupHead& head, const SegmentEnd& end) {
  return head.kind == GroupKind::seal && head.number == end.number && head.previous == end.hash;
}

Result<SegmentEnd> write_closed_segment(Storage& storage, const Hash128& log,
                                        const SegmentEnd& previous,
                                        std::span<const PartitionState> states,
                                        std::vector<GroupBytes> groups) {
  ByteBuffer opening = opening_group(0, states);
  const auto opening_body = static_cast<uint32_t>(opening.size() - group_head_bytes);
  uint64_t bytes = group_bytes(opening_body) + seals_bytes;
  for (const GroupBytes& group : groups) bytes += group.size();
  opening = opening_group(bytes, states);

  SegmentEnd end = previous;
  end.segment = previous.segment + 1;
  const auto head_for = [&](GroupHead head) {
    head.log = log;
    head.segment = end.segment;
    head.number = ++end.number;
    head.durable_through = previous.number;
    head.previous = end.hash;
    return head;
  };
  GroupHead head;
  head.kind = GroupKind::opening;
  head.stored_bytes = head.raw_bytes = opening_body;
  end.hash = finish_group(opening, head_for(head));
  end.offset = opening.size();

  TRY(auto file, storage.open(segment_name(end.segment), OpenMode::create));
  for (GroupBytes& group : groups) {
    std::memcpy(&head, group.data(), sizeof head);
    end.hash = finish_group(group, head_for(head));
    TRY(file->write(end.offset, group));
    end.offset += group.size();
  }
  TRY(file->write(end.offset, seals(log, end, false)));
  TRY(file->sync());
  TRY(storage.sync_directory());
  TRY(file->write(0, opening));
  TRY(file->sync());
  return end;
}

Result<void> seal_segment(StoredFile& file, const Hash128& log, const SegmentEnd& end,
                          bool rolled) {
  TRY(file.write(end.offset, seals(log, end, rolled)));
  TRY(file.sync());
  TRY(file.truncate(end.offset + seals_bytes));
  return file.sync();
}

}  // namespace spate
