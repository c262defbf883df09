// Counts what a test program allocates. It replaces operator new: include it in one file of a
// program, and leave it and its tests out under sanitizers: they bring their own.
#pragma once
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace spate {

inline std::atomic<int64_t> allocations{0};

inline void* counted(std::size_t size) {
  ++allocations;
  if (void* at = std::malloc(size == 0 ? 1 : size)) return at;
  throw std::bad_alloc();
}

/// Allocations of ten rounds of `work`, after three that warm it up.
template <class Work>
int64_t allocations_during(Work work) {
  for (int warm = 0; warm < 3; ++warm) work();
  const int64_t before = allocations.load();
  for (int round = 0; round < 10; ++round) work();
  return allocations.load() - before;
}

}  // namespace spate

// The library's nothrow forms end here too.
void* operator new(std::size_t size) { return spate::counted(size); }
void* operator new[](std::size_t size) { return spate::counted(size); }
void operator delete(void* at) noexcept { std::free(at); }
void operator delete[](void* at) noexcept { std::free(at); }
void operator delete(void* at, std::size_t) noexcept { std::free(at); }
void operator delete[](void* at, std::size_t) noexcept { std::free(at); }
