// GroupScanner: reads the groups of one segment file, trusting nothing.
#pragma once
#include "engine/log/segment_format.hpp"
#include "engine/log/storage.hpp"

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
  /// From now on so much is read at once, past the page cache: for groups that are read in order,
  /// once. A multiple of `direct_bytes`. Requires: what lies there is not written any more.
  void read_ahead(std::size_t bytes) { ahead_bytes_ = bytes; }

 private:
  struct Free {
    void operator()(uint8_t* memory) const { std::free(memory); }
  };
  /// So many of the file's bytes, fewer at its end; they lie there until the next call.
  Result<Bytes> bytes_at(uint64_t offset, std::size_t bytes);
  Result<Bytes> bytes_ahead(uint64_t offset, std::size_t bytes);
  void move_window(uint64_t offset, std::size_t room);

  StoredFile& file_;
  const Hash128 log_;
  const uint64_t segment_;
  ByteBuffer raw_;
  ByteBuffer found_;

  std::size_t ahead_bytes_ = 0;  // 0: what is wanted, no more
  std::unique_ptr<uint8_t, Free> window_;
  std::size_t window_room_ = 0, window_bytes_ = 0;
  uint64_t window_at_ = 0;
};

}  // namespace spate
