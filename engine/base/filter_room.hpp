// FilterRoom: memory that filters share, each a part of what is left.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace spate {

/// Memory in bytes. Any thread.
class FilterRoom {
 public:
  explicit FilterRoom(std::size_t bytes) : left_(bytes) {}
  /// So much, or half of what is left where that is less: another filter may come.
  std::size_t take(std::size_t bytes_max) {
    std::size_t left = left_.load(std::memory_order_relaxed), taken = 0;
    do taken = std::min(bytes_max, left / 2);
    while (!left_.compare_exchange_weak(left, left - taken, std::memory_order_relaxed));
    return taken;
  }
  void give_back(std::size_t bytes) { left_.fetch_add(bytes, std::memory_order_relaxed); }
  std::size_t left() const { return left_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::size_t> left_;
};

/// What one filter has of a room; without a room all that it wants.
class FilterShare {
 public:
  FilterShare() = default;
  FilterShare(std::shared_ptr<FilterRoom> room, std::size_t bytes_max)
      : room_(std::move(room)), bytes_(room_ == nullptr ? bytes_max : room_->take(bytes_max)) {}
  ~FilterShare() {
    if (room_ != nullptr) room_->give_back(bytes_);
  }
  FilterShare(FilterShare&& other) noexcept
      : room_(std::move(other.room_)), bytes_(std::exchange(other.bytes_, 0)) {}
  FilterShare& operator=(FilterShare&& other) noexcept {
    std::swap(room_, other.room_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  std::size_t bytes() const { return bytes_; }
  /// Gives the rest back.
  void keep(std::size_t bytes) {
    if (bytes >= bytes_) return;
    if (room_ != nullptr) room_->give_back(bytes_ - bytes);
    bytes_ = bytes;
  }

 private:
  std::shared_ptr<FilterRoom> room_;
  std::size_t bytes_ = 0;
};

}  // namespace spate
