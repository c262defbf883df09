// Tokens: base64url of  version:u8 incarnation:u64 (domain:u16 index:u16 sequence:varint)*
// check:u32.
#include "engine/base/position.hpp"

#include <algorithm>
#include <cstring>

#include "engine/base/base64url.hpp"
#include "engine/base/crc32c.hpp"

namespace spate {
namespace {

constexpr uint8_t version = 1;
template <class T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}
template <class T>
bool take(std::string_view& in, T& value) {
  if (in.size() < sizeof value) return false;
  std::memcpy(&value, in.data(), sizeof value);
  in.remove_prefix(sizeof value);
  return true;
}
void put_varint(std::string& out, uint64_t value) {
  for (; value >= 128; value >>= 7) out += static_cast<char>(value | 128);
  out += static_cast<char>(value);
}
bool take_varint(std::string_view& in, uint64_t& value) {
  value = 0;
  for (int shift = 0; shift < 64 && !in.empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(in.front());
    in.remove_prefix(1);
    value |= uint64_t{byte & 127u} << shift;
    if (byte < 128) return true;
  }
  return false;
}

}  // namespace

void Position::raise(PartitionId partition, Sequence sequence) {
  for (auto& [id, at] : parts) {
    if (id != partition) continue;
    at = std::max(at, sequence);
    return;
  }
  parts.emplace_back(partition, sequence);
}

std::string to_token(const Position& position) {
  auto parts = position.parts;
  std::sort(parts.begin(), parts.end());
  std::string bytes(1, static_cast<char>(version));
  put(bytes, position.incarnation);
  for (const auto& [id, sequence] : parts) {
    put(bytes, id.domain);
    put(bytes, id.index);
    put_varint(bytes, sequence.value);
  }
  put(bytes, crc32c(as_bytes(bytes)));
  return base64url(bytes);
}

bool from_token(std::string_view token, Position& position) {
  std::string bytes;
  if (!from_base64url(token, bytes) || bytes.size() < 13) return false;
  std::string_view in(bytes);
  std::string_view check = in.substr(in.size() - 4);
  in.remove_suffix(4);
  uint32_t crc;
  if (!take(check, crc) || crc != crc32c(as_bytes(in)) || in.front() != version) return false;
  in.remove_prefix(1);
  position = {};
  if (!take(in, position.incarnation)) return false;
  while (!in.empty()) {
    PartitionId id;
    Sequence sequence;
    if (!take(in, id.domain) || !take(in, id.index) || !take_varint(in, sequence.value))
      return false;
    position.raise(id, sequence);
  }
  return true;
}

}  // namespace spate
