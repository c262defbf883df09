// ReadAhead: one pass over a file whose next pieces are under way while this one is looked at.
#pragma once
#include <cstdlib>
#include <deque>
#include <vector>

#include "engine/base/bytes.hpp"
#include "engine/log/storage.hpp"

namespace spate {

struct ReadAheadLimits {
  std::size_t piece_bytes = std::size_t{512} << 10;  ///< of one read; a multiple of `direct_bytes`
  std::size_t pieces_ahead = 3;  ///< under way or waiting, beside the one that is looked at
};

/// Past the page cache. Nothing is read ahead before a second piece follows the first: who looks at
/// one place pays for one. A fault is of the place that is asked for, never of what lies ahead. One
/// thread. Requires: what lies in the file is not written any more; the file outlives this.
class ReadAhead {
 public:
  ReadAhead(StoredFile& file, ReadAheadLimits limits) : file_(file), limits_(limits) {}

  /// So many bytes, fewer at the file's end; they lie there until the next call. Requires: `offset`
  /// is a multiple of `direct_bytes`.
  Result<Bytes> at(uint64_t offset, std::size_t bytes);

 private:
  struct Free {
    void operator()(uint8_t* memory) const { std::free(memory); }
  };
  using Memory = std::unique_ptr<uint8_t, Free>;
  struct Piece {
    uint64_t offset = 0;
    Memory memory;
    std::size_t bytes = 0;  // once it is read
    std::unique_ptr<ReadUnderWay> under_way;

    uint64_t end() const { return offset + bytes; }
    bool holds(uint64_t place) const { return place >= offset && place < end(); }
    Bytes from(uint64_t place) const {
      const auto skipped = static_cast<std::size_t>(place - offset);
      return {memory.get() + skipped, bytes - skipped};
    }
  };

  Result<void> go_to(uint64_t offset);
  Result<void> go_on();
  void begin(uint64_t offset);
  void drop_first();
  Result<void> end_first();
  bool is_last() const;
  bool is_ahead(uint64_t offset) const;

  StoredFile& file_;
  const ReadAheadLimits limits_;
  std::vector<Memory> unused_;
  std::deque<Piece> pieces_;  // the first is looked at, the others are under way
  ByteBuffer joined_;         // what lies in several pieces
  uint64_t joined_at_ = 0;
};

}  // namespace spate
