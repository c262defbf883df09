// Bytes: a view of octets; ByteBuffer: a growing 16-aligned buffer that never zero-fills.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

#include "engine/base/ensure.hpp"

namespace spate {

using Bytes = std::span<const uint8_t>;

inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
constexpr std::size_t aligned_up(std::size_t n, std::size_t to) { return (n + to - 1) & ~(to - 1); }

class ByteBuffer {
 public:
  ByteBuffer() = default;
  ~ByteBuffer() { std::free(data_); }
  ByteBuffer(ByteBuffer&& other) noexcept { swap(other); }
  ByteBuffer& operator=(ByteBuffer&& other) noexcept {
    swap(other);
    return *this;
  }
  void swap(ByteBuffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

  /// Grows by `n` bytes, uninitialised, and returns where they begin. Invalidates pointers.
  uint8_t* grow(std::size_t n) {
    if (size_ + n > capacity_) reserve((size_ + n) * 2);
    uint8_t* at = data_ + size_;
    size_ += n;
    return at;
  }
  void append(Bytes bytes) {
    if (!bytes.empty()) std::memcpy(grow(bytes.size()), bytes.data(), bytes.size());
  }
  void reserve(std::size_t capacity) {
    if (capacity <= capacity_) return;
    void* moved = std::realloc(data_, capacity);  // malloc aligns to 16 on every target we build
    ENSURE(moved != nullptr);
    data_ = static_cast<uint8_t*>(moved);
    capacity_ = capacity;
  }
  void resize_down(std::size_t size) { size_ = size < size_ ? size : size_; }
  void clear() { size_ = 0; }
  uint8_t* data() { return data_; }
  const uint8_t* data() const { return data_; }
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  bool empty() const { return size_ == 0; }
  operator Bytes() const { return {data_, size_}; }

 private:
  uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace spate
