// Command ids for tests of the table of ids: scattered like those of clients, the same every time.
#pragma once
#include "engine/base/hash.hpp"
#include "engine/base/ids.hpp"

namespace spate {

inline CommandId id_of(uint64_t n) {
  const Hash128 hash = xxh3_128({reinterpret_cast<const uint8_t*>(&n), sizeof n});
  return {hash.hi, hash.lo};
}

}  // namespace spate
