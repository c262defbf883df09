// Names as FlatBuffers' reflection gives them.
#pragma once
#include <flatbuffers/flatbuffers.h>

#include <string>

namespace spate {

/// `coupons.Redeemed` is `Redeemed` to everybody but FlatBuffers.
inline std::string last_part(const flatbuffers::String* qualified) {
  const std::string name = qualified->str();
  return name.substr(name.rfind('.') + 1);
}

}  // namespace spate
