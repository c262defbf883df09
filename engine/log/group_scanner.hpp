// GroupScanner: reads the groups of one segment file, trusting nothing.
#pragma once
#include "engine/log/read_ahead.hpp"
#include "engine/log/segment_format.hpp"

namespace spate {

struct Group {
  GroupHead head;
  uint64_t offset = 0;
  Hash128 hash;
  ByteBuffer body;  ///< unpacked

  uint64_t end() const { return offset + group_bytes(head.stored_bytes); }
};

class GroupScanner {
 public:
  GroupScanner(StoredFile& file, const Hash128& log, uint64_t segment)
      : file_(file), log_(log), segment_(segment) {}

  /// Reads the group at `offset` into `group`; false when no whole group lies there.
  Result<bool> read(uint64_t offset, Group& group);
  /// The first offset ≥ `from`, in steps of 4 KiB, where a whole group lies, read into `group`;
  /// false when there is none up to the end of the file.
  Result<bool> find(uint64_t from, Group& group);
  /// From now on groups are read by way of a ReadAhead: for those that are read in order, once.
  void read_ahead(ReadAheadLimits limits) { ahead_.emplace(file_, limits); }

 private:
  /// So many of the file's bytes, fewer at its end; they lie there until the next call.
  Result<Bytes> bytes_at(uint64_t offset, std::size_t bytes);

  StoredFile& file_;
  const Hash128 log_;
  const uint64_t segment_;
  ByteBuffer raw_;
  ByteBuffer found_;
  std::optional<ReadAhead> ahead_;
};

}  // namespace spate
