// Cursors: base64url of  version:u8 incarnation:u64 list:u64 after:bytes check:u32.
#include "engine/edge/cursor.hpp"

#include <cstring>

#include "engine/base/base64url.hpp"
#include "engine/base/crc32c.hpp"

namespace spate::edge {
namespace {

constexpr char version = 1;
constexpr std::size_t fixed_bytes = 1 + 8 + 8 + 4;

template <class T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}
template <class T>
T get(std::string_view in, std::size_t at) {
  T value;
  std::memcpy(&value, in.data() + at, sizeof value);
  return value;
}

}  // namespace

std::string to_token(const Cursor& cursor) {
  std::string bytes(1, version);
  put(bytes, cursor.incarnation);
  put(bytes, cursor.list);
  bytes += cursor.after;
  put(bytes, crc32c(as_bytes(bytes)));
  return base64url(bytes);
}

bool from_token(std::string_view token, Cursor& cursor) {
  std::string bytes;
  if (!from_base64url(token, bytes) || bytes.size() < fixed_bytes || bytes[0] != version)
    return false;
  const std::string_view body = std::string_view(bytes).substr(0, bytes.size() - 4);
  if (get<uint32_t>(bytes, body.size()) != crc32c(as_bytes(body))) return false;
  cursor.incarnation = get<uint64_t>(bytes, 1);
  cursor.list = get<uint64_t>(bytes, 9);
  cursor.after = body.substr(17);
  return true;
}

}  // namespace spate::edge
