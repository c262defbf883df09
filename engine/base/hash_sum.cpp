// The hash of one entry: of its value's hash and its key's, so that no two entries can trade parts.
#include "engine/base/hash_sum.hpp"

namespace spate {

/// Not the key's hash as the seed: beyond 240 bytes XXH3 derives a secret from each new seed.
Hash128 HashSum::of(std::string_view key, Bytes value) {
  const Hash128 value_hash = xxh3_128(value);
  const uint64_t parts[] = {value_hash.hi, value_hash.lo, xxh3_64(as_bytes(key))};
  return xxh3_128({reinterpret_cast<const uint8_t*>(parts), sizeof parts});
}

}  // namespace spate
