// HashStream: BLAKE2b-128 of bytes that come in pieces; nobody makes two contents of one hash.
#pragma once
#include <array>

#include "engine/base/hash.hpp"

namespace spate {

class HashStream {
 public:
  HashStream();
  void add(Bytes bytes);
  /// Of all that was added; nothing may be added afterwards.
  Hash128 end();

 private:
  // libsodium's state, which is opaque and wants this alignment.
  alignas(64) std::array<uint8_t, 384> state_;
};

}  // namespace spate
