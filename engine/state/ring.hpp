// Ring: a queue that grows by doubling and keeps its memory.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

namespace spate {

template <class T>
class Ring {
 public:
  bool empty() const { return first_ == last_; }
  std::size_t size() const { return last_ - first_; }
  void push_back(const T& item) {
    if (size() == items_.size()) grow();
    items_[last_++ & (items_.size() - 1)] = item;
  }
  void pop_front() { ++first_; }
  void pop_back() { --last_; }
  void clear() { first_ = last_; }
  T& operator[](std::size_t place) { return items_[(first_ + place) & (items_.size() - 1)]; }
  const T& operator[](std::size_t place) const {
    return items_[(first_ + place) & (items_.size() - 1)];
  }
  const T& front() const { return (*this)[0]; }
  const T& back() const { return (*this)[size() - 1]; }
  std::size_t memory_bytes() const { return items_.size() * sizeof(T); }

 private:
  void grow() {
    std::vector<T> larger(std::max<std::size_t>(1024, items_.size() * 2));
    const std::size_t count = size();
    for (std::size_t i = 0; i < count; ++i) larger[i] = (*this)[i];
    items_.swap(larger);
    first_ = 0;
    last_ = count;
  }

  std::vector<T> items_;  // a power of two of them
  uint64_t first_ = 0, last_ = 0;
};

}  // namespace spate
