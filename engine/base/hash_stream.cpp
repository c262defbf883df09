// libsodium's generic hash, piece by piece.
#include "engine/base/hash_stream.hpp"

#include <sodium.h>

#include "engine/base/ensure.hpp"

namespace spate {
namespace {

constexpr std::size_t hash_bytes = 16;

crypto_generichash_state* of(std::array<uint8_t, 384>& state) {
  return reinterpret_cast<crypto_generichash_state*>(state.data());
}

}  // namespace

HashStream::HashStream() {
  static_assert(sizeof(crypto_generichash_state) <= sizeof state_);
  ENSURE(crypto_generichash_init(of(state_), nullptr, 0, hash_bytes) == 0);
}

void HashStream::add(Bytes bytes) {
  ENSURE(crypto_generichash_update(of(state_), bytes.data(), bytes.size()) == 0);
}

Hash128 HashStream::end() {
  uint8_t out[hash_bytes];
  ENSURE(crypto_generichash_final(of(state_), out, sizeof out) == 0);
  Hash128 hash;
  std::memcpy(&hash.hi, out, sizeof hash.hi);
  std::memcpy(&hash.lo, out + sizeof hash.hi, sizeof hash.lo);
  return hash;
}

}  // namespace spate
