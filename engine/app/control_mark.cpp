// Parts are hashed behind their lengths, so that no two splits collide.
#include "engine/app/control_mark.hpp"

#include "engine/base/hash.hpp"

namespace spate {
namespace {

constexpr std::size_t mark_digits = 64;

std::string mark_of(std::string_view secret, std::string_view domain, std::string_view stream,
                    envelope::Control control, std::string_view name) {
  const char what = static_cast<char>(control);
  return keyed_hash_hex(secret, {domain, stream, std::string_view(&what, 1), name});
}

}  // namespace

std::string control_key(std::string_view secret, std::string_view domain, std::string_view stream,
                        envelope::Control control, int64_t now_ns) {
  const std::string name = "control-" + std::to_string(now_ns);
  return name + "-" + mark_of(secret, domain, stream, control, name);
}

bool is_control_key(std::string_view secret, std::string_view domain, std::string_view stream,
                    envelope::Control control, std::string_view key) {
  if (secret.empty() || key.size() <= mark_digits + 1) return false;
  const std::string_view name = key.substr(0, key.size() - mark_digits - 1);
  if (!name.starts_with("control-") || key[name.size()] != '-') return false;
  return equal_secrets(key.substr(name.size() + 1),
                       mark_of(secret, domain, stream, control, name));
}

}  // namespace spate
