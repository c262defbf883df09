// https://www.w3.org/TR/trace-context/#traceparent-header-field-values
#include "engine/base/traceparent.hpp"

namespace spate {
namespace {

bool is_lower_hex(std::string_view s) {
  for (char c : s)
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
  return true;
}
bool all_zero(std::string_view s) { return s.find_first_not_of('0') == std::string_view::npos; }

}  // namespace

bool is_traceparent(std::string_view t) {
  if (t.size() < traceparent_bytes || t[2] != '-' || t[35] != '-' || t[52] != '-') return false;
  const bool more = t.size() > traceparent_bytes;
  if (t.substr(0, 2) == "00" ? more : more && t[traceparent_bytes] != '-') return false;
  const auto version = t.substr(0, 2), trace = t.substr(3, 32), parent = t.substr(36, 16);
  return is_lower_hex(version) && version != "ff" && is_lower_hex(trace) && is_lower_hex(parent) &&
         is_lower_hex(t.substr(53, 2)) && !all_zero(trace) && !all_zero(parent);
}

}  // namespace spate
