// RowArena: rows one behind the other in chunks; freed all at once.
#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/base/bytes.hpp"

namespace spate {

class RowArena {
 public:
  static constexpr std::size_t chunk_bytes = 1 << 20;

  /// 8-aligned, uninitialised; stays where it is until `clear`.
  uint8_t* allocate(std::size_t size) {
    size = aligned_up(size, 8);
    if (size > left_) next_chunk(size);
    uint8_t* at = top_;
    top_ += size;
    left_ -= size;
    used_ += size;
    return at;
  }
  /// Gives all but one chunk back: the allocator has them ready for whichever arena grows next.
  void clear() {
    std::erase_if(chunks_, [](const Chunk& chunk) { return chunk.size != chunk_bytes; });
    if (chunks_.size() > 1) chunks_.resize(1);
    next_ = 0;
    top_ = nullptr;
    left_ = used_ = 0;
  }
  /// Takes over the other's memory with all that lies in it.
  void adopt(RowArena& other) {
    for (Chunk& chunk : other.chunks_) {
      chunks_.insert(chunks_.begin() + static_cast<std::ptrdiff_t>(next_), std::move(chunk));
      ++next_;  // never handed out again before clear
    }
    used_ += other.used_;
    other.chunks_.clear();
    other.clear();
  }
  std::size_t used_bytes() const { return used_; }
  std::size_t memory_bytes() const {
    std::size_t sum = 0;
    for (const Chunk& chunk : chunks_) sum += chunk.size;
    return sum;
  }

 private:
  struct Chunk {
    std::unique_ptr<uint64_t[]> words;
    std::size_t size = 0;
  };
  void next_chunk(std::size_t size) {
    // A row larger than a chunk gets one of its own; the kept ones wait behind it.
    if (size > chunk_bytes || next_ == chunks_.size()) {
      const std::size_t room = std::max(size, chunk_bytes);
      chunks_.insert(chunks_.begin() + static_cast<std::ptrdiff_t>(next_),
                     Chunk{std::make_unique_for_overwrite<uint64_t[]>(room / 8), room});
    }
    top_ = reinterpret_cast<uint8_t*>(chunks_[next_].words.get());
    left_ = chunks_[next_].size;
    ++next_;
  }

  std::vector<Chunk> chunks_;  // [0, next_) in use
  std::size_t next_ = 0;
  uint8_t* top_ = nullptr;
  std::size_t left_ = 0;
  std::size_t used_ = 0;
};

}  // namespace spate
