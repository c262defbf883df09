// The plan of a domain by the number that a log's topology gives it.
#pragma once
#include "engine/base/topology.hpp"
#include "engine/codec/catalog.hpp"

namespace spate {

/// Null: topology or catalog does not know it. Lives as long as the catalog.
inline const DomainPlan* find_plan(const Catalog& catalog, const Topology& topology,
                                   uint16_t number) {
  const DomainPlace* place = find_domain(topology.domains(), number);
  return place == nullptr ? nullptr : catalog.find(place->name);
}

/// Requires: both know it.
inline const DomainPlan& plan_of(const Catalog& catalog, const Topology& topology,
                                 uint16_t number) {
  const DomainPlan* plan = find_plan(catalog, topology, number);
  ENSURE(plan != nullptr);
  return *plan;
}

}  // namespace spate
