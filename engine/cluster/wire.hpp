// Wire: numbers as little-endian bytes, written to a buffer and read from foreign input.
#pragma once
#include <string_view>

#include "engine/base/bytes.hpp"

namespace spate {

class WireWriter {
 public:
  explicit WireWriter(ByteBuffer& out) : out_(out) {}
  template <class Int>
  WireWriter& number(Int value) {
    uint8_t* at = out_.grow(sizeof(Int));
    for (std::size_t i = 0; i < sizeof(Int); ++i)
      at[i] = static_cast<uint8_t>(static_cast<uint64_t>(value) >> (8 * i));
    return *this;
  }
  WireWriter& bytes(Bytes value) {
    out_.append(value);
    return *this;
  }

 private:
  ByteBuffer& out_;
};

/// Reads beyond the end give zeros and `ok` false.
class WireReader {
 public:
  explicit WireReader(Bytes in) : in_(in) {}
  template <class Int>
  Int number() {
    uint64_t value = 0;
    ok_ = ok_ && in_.size() >= sizeof(Int);
    if (!ok_) return 0;
    for (std::size_t i = 0; i < sizeof(Int); ++i) value |= uint64_t{in_[i]} << (8 * i);
    in_ = in_.subspan(sizeof(Int));
    return static_cast<Int>(value);
  }
  Bytes rest() const { return in_; }
  bool ok() const { return ok_; }

 private:
  Bytes in_;
  bool ok_ = true;
};

}  // namespace spate
