// Pointers, escaped as RFC 6901 §3 says: `~` → `~0`, `/` → `~1`.
#include "engine/codec/field_faults.hpp"

namespace spate {
namespace {

void append(std::string& out, const Place& place) {
  if (place.parent == nullptr) return;
  append(out, *place.parent);
  out += '/';
  if (place.index != Place::no_index) {
    out += std::to_string(place.index);
    return;
  }
  for (char c : place.name) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
}

}  // namespace

std::string to_pointer(const Place& place) {
  std::string out;
  append(out, place);
  return out;
}

}  // namespace spate
