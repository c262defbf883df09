// SpscRing: a bounded ring of variable-length messages between two threads; no lock, no allocation.
#pragma once
#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <optional>

#include "engine/base/bytes.hpp"

namespace spate {

/// One producer thread calls `begin`/`commit`, one consumer thread `front`/`pop`.
/// A message is contiguous and starts 16-aligned. Memory: the capacity, once.
class SpscRing {
 public:
  /// `capacity_bytes` is rounded up to a power of two.
  explicit SpscRing(std::size_t capacity_bytes)
      : capacity_(std::bit_ceil(capacity_bytes)),
        data_(new (std::align_val_t{64}) uint8_t[capacity_]) {}
  ~SpscRing() { ::operator delete[](data_, std::align_val_t{64}); }
  SpscRing(const SpscRing&) = delete;
  SpscRing& operator=(const SpscRing&) = delete;

  /// The longest message that is sure to fit once the ring is empty.
  std::size_t message_bytes_max() const { return message_bytes_max(capacity_); }
  static std::size_t message_bytes_max(std::size_t capacity_bytes) {
    return std::bit_ceil(capacity_bytes) / 2 - header;
  }

  /// Room for a message of `size` bytes, or null when full. Publish it with `commit`.
  uint8_t* begin(std::size_t size) {
    const std::size_t need = header + aligned_up(size, 16);
    const uint64_t head = head_.load(std::memory_order_relaxed);
    const std::size_t at = head & (capacity_ - 1);
    const std::size_t to_end = capacity_ - at;
    const std::size_t skip = need > to_end ? to_end : 0;
    if (head + skip + need - tail_seen_ > capacity_) {
      tail_seen_ = tail_.load(std::memory_order_acquire);
      if (head + skip + need - tail_seen_ > capacity_) return nullptr;
    }
    if (skip > 0) write_length(at, wrap);
    pending_ = head + skip + need;
    const std::size_t start = (head + skip) & (capacity_ - 1);
    write_length(start, size);
    return data_ + start + header;
  }
  void commit() { head_.store(pending_, std::memory_order_release); }

  /// The oldest message, valid until `pop`.
  std::optional<Bytes> front() {
    uint64_t tail = tail_.load(std::memory_order_relaxed);
    for (;;) {
      if (tail == head_seen_) {
        head_seen_ = head_.load(std::memory_order_acquire);
        if (tail == head_seen_) return std::nullopt;
      }
      const std::size_t at = tail & (capacity_ - 1);
      const uint64_t size = read_length(at);
      if (size != wrap) {
        popped_ = tail + header + aligned_up(size, 16);
        return Bytes{data_ + at + header, size};
      }
      tail += capacity_ - at;
    }
  }
  /// Requires: `front` returned a message.
  void pop() { tail_.store(popped_, std::memory_order_release); }

  /// Any thread; a moment's truth.
  std::size_t bytes_queued() const {
    return head_.load(std::memory_order_relaxed) - tail_.load(std::memory_order_relaxed);
  }
  std::size_t capacity_bytes() const { return capacity_; }

 private:
  static constexpr std::size_t header = 16;  // keeps messages 16-aligned
  static constexpr uint64_t wrap = ~uint64_t{0};
  void write_length(std::size_t at, uint64_t size) { std::memcpy(data_ + at, &size, 8); }
  uint64_t read_length(std::size_t at) const {
    uint64_t size;
    std::memcpy(&size, data_ + at, 8);
    return size;
  }

  const std::size_t capacity_;
  uint8_t* const data_;
  alignas(64) std::atomic<uint64_t> head_{0};
  uint64_t tail_seen_ = 0;
  uint64_t pending_ = 0;
  alignas(64) std::atomic<uint64_t> tail_{0};
  uint64_t head_seen_ = 0;
  uint64_t popped_ = 0;
};

}  // namespace spate
