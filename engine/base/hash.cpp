// Hashes over xxHash, libsodium, and Kafka's murmur2.
#include "engine/base/hash.hpp"

#include <sodium.h>
#include <xxhash.h>

#include <cstring>

namespace spate {
namespace {

/// Only then libsodium uses what this processor has; before, plain C at twice the cost.
void use_what_the_processor_has() {
  [[maybe_unused]] static const int once = sodium_init();
}

}  // namespace

uint64_t xxh3_64(Bytes bytes, uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

Hash128 xxh3_128(Bytes bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.high64, hash.low64};
}

CommandId command_id(std::string_view sender, std::string_view domain, std::string_view stream,
                     std::string_view key) {
  thread_local ByteBuffer joined;  // one pass over one buffer costs half of eight short updates
  joined.clear();
  for (const std::string_view part : {sender, domain, stream, key}) {
    const auto size = static_cast<uint32_t>(part.size());
    joined.append({reinterpret_cast<const uint8_t*>(&size), sizeof size});
    joined.append(as_bytes(part));
  }
  use_what_the_processor_has();
  unsigned char out[16];
  crypto_generichash(out, sizeof out, joined.data(), joined.size(), nullptr, 0);
  CommandId id;
  std::memcpy(&id.hi, out, 8);
  std::memcpy(&id.lo, out + 8, 8);
  return id;
}

std::string keyed_hash_hex(std::string_view secret,
                           std::initializer_list<std::string_view> parts) {
  unsigned char key[crypto_generichash_KEYBYTES];
  crypto_generichash(key, sizeof key, reinterpret_cast<const unsigned char*>(secret.data()),
                     secret.size(), nullptr, 0);
  ByteBuffer joined;
  for (const std::string_view part : parts) {
    const auto size = static_cast<uint32_t>(part.size());
    joined.append({reinterpret_cast<const uint8_t*>(&size), sizeof size});
    joined.append(as_bytes(part));
  }
  unsigned char out[32];
  crypto_generichash(out, sizeof out, joined.data(), joined.size(), key, sizeof key);
  sodium_memzero(key, sizeof key);
  char hex[2 * sizeof out + 1];
  return sodium_bin2hex(hex, sizeof hex, out, sizeof out);
}

bool equal_secrets(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

uint32_t murmur2(std::string_view key) {
  constexpr uint32_t m = 0x5bd1e995;
  const auto* data = reinterpret_cast<const unsigned char*>(key.data());
  uint32_t length = static_cast<uint32_t>(key.size());
  uint32_t h = 0x9747b28c ^ length;
  for (; length >= 4; data += 4, length -= 4) {
    uint32_t k;
    std::memcpy(&k, data, 4);
    k *= m;
    k ^= k >> 24;
    k *= m;
    h = h * m ^ k;
  }
  switch (length) {
    case 3: h ^= uint32_t{data[2]} << 16; [[fallthrough]];
    case 2: h ^= uint32_t{data[1]} << 8; [[fallthrough]];
    case 1: h ^= data[0]; h *= m;
  }
  h ^= h >> 13;
  h *= m;
  return h ^ h >> 15;
}

}  // namespace spate
