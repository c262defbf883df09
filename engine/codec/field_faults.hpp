// Field faults: where in a body something is wrong (RFC 6901) and what should stand there.
#pragma once
#include <string>
#include <string_view>

#include "engine/api/handler.hpp"

namespace spate {

/// A place in a JSON document, as a path up to the root; pointers are made only for faults.
struct Place {
  const Place* parent = nullptr;
  std::string_view name;
  std::size_t index = no_index;

  static constexpr std::size_t no_index = ~std::size_t{0};
  Place member(std::string_view of) const { return {this, of, no_index}; }
  Place item(std::size_t at) const { return {this, {}, at}; }
};
inline constexpr Place whole_payload{};

/// RFC 6901: `/items/0/sku`; the root is "".
std::string to_pointer(const Place& place);

/// More than these are not told: a hostile body must not make a larger answer than its own size.
inline constexpr std::size_t field_faults_max = 100;

inline void add_fault(FieldFaults& faults, const Place& place, std::string detail) {
  if (faults.size() < field_faults_max) faults.push_back({to_pointer(place), std::move(detail)});
}

}  // namespace spate
