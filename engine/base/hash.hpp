// The hashes of the engine: XXH3 (finds faults), BLAKE2b (names commands), murmur2 (partitions).
#pragma once
#include <initializer_list>
#include <string>
#include <string_view>

#include "engine/base/bytes.hpp"
#include "engine/base/ids.hpp"

namespace spate {

struct Hash128 {
  uint64_t hi = 0;
  uint64_t lo = 0;
  constexpr auto operator<=>(const Hash128&) const = default;
};

uint64_t xxh3_64(Bytes bytes, uint64_t seed = 0);
Hash128 xxh3_128(Bytes bytes);

/// BLAKE2b-128 over the four parts, each behind its length, so that no two splits collide.
CommandId command_id(std::string_view sender, std::string_view domain, std::string_view stream,
                     std::string_view key);

/// BLAKE2b-256 of the parts, each behind its length, under a secret of any length: 64 hex digits.
/// Who does not know the secret cannot make it.
std::string keyed_hash_hex(std::string_view secret, std::initializer_list<std::string_view> parts);
/// In a time that says nothing about where they differ.
bool equal_secrets(std::string_view a, std::string_view b);

/// murmur2 as org.apache.kafka.common.utils.Utils.murmur2 computes it.
uint32_t murmur2(std::string_view key);
/// Kafka's default partition of a key: positive murmur2 mod count.
inline uint32_t partition_of(std::string_view key, uint32_t count) {
  return (murmur2(key) & 0x7fffffff) % count;
}

}  // namespace spate
