// prefetch: asks for a cache line ahead of its use.
#pragma once

namespace spate {

/// The line at `at` is on its way to the cache; any address will do, it is not read.
inline void prefetch(const void* at) {
  __builtin_prefetch(at);
  // g++ 12 calls a function pure that only prefetches, and leaves out every call to it.
  asm volatile("");
}

}  // namespace spate
