// HeldBytes: the account of what one edge thread holds for its clients.
#pragma once
#include <algorithm>
#include <cstddef>
#include <string>

namespace spate::edge {

/// One account for requests half received, batches at work, histories being gathered and answers
/// that nobody has taken yet, so that their sum is bounded whoever fills it. Each has its own way
/// to hold back, and they begin one after another, so that none of them can starve the next:
/// buffers are given back (`is_tight`), bodies are refused (`may_receive`), then batches
/// (`has_room`), and at last (`is_over`) no request is read but a probe, and the connections that
/// leave the most answers unread are ended. What is over comes from work that was begun before.
class HeldBytes {
 public:
  explicit HeldBytes(std::size_t max) : max_(max) {}

  /// What was `from` bytes is `to` now.
  void change(std::size_t from, std::size_t to) { sum_ += to - from; }
  std::size_t sum() const { return sum_; }
  /// Buffers are not kept for the next request.
  bool is_tight() const { return sum_ > max_ / 2; }
  /// Requests being received may grow.
  bool may_receive() const { return sum_ <= max_ / 4 * 3; }
  bool has_room(std::size_t more) const { return sum_ + more <= max_; }
  bool is_over() const { return sum_ > max_; }
  /// Whoever ends connections goes on until this is false: not again at the next byte.
  bool is_nearly_over() const { return sum_ > max_ / 8 * 7; }

 private:
  const std::size_t max_;
  std::size_t sum_ = 0;
};

/// Assigning an empty string would keep the capacity.
inline void free_buffer(std::string& buffer) { std::string().swap(buffer); }

/// The capacity of a buffer of `size` bytes that is full: doubled, from 4 MiB on by a quarter.
constexpr std::size_t grown_capacity(std::size_t size) {
  constexpr std::size_t step = 1 << 20;
  return size + std::min(size, std::max(step, size / 4));
}

}  // namespace spate::edge
