// A partition as people read it: `orders/3`.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/topology.hpp"

namespace spate {

inline std::string place_text(std::string_view domain, PartitionId id) {
  return std::string(domain) + "/" + std::to_string(id.index);
}

/// By its numbers, where no domain has that one.
inline std::string place_text(const std::vector<DomainPlace>& domains, PartitionId id) {
  const DomainPlace* place = find_domain(domains, id.domain);
  if (place != nullptr) return place_text(place->name, id);
  return std::to_string(id.domain) + "." + std::to_string(id.index);
}

}  // namespace spate
