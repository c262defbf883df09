// Plans of the catalog, arranged as a projector reads them.
#include "engine/app/projected_domains.hpp"

namespace spate {

std::vector<ProjectedDomain> projected_domains(const Topology& topology, const Catalog& catalog) {
  std::vector<ProjectedDomain> domains;
  for (const DomainPlace& place : topology.domains()) {
    const DomainPlan* plan = catalog.find(place.name);
    ENSURE(plan != nullptr);
    ProjectedDomain domain;
    domain.number = place.number;
    domain.projection = plan->domain->projection;
    domain.schema_digest = plan->view_schema_digest;
    for (const ViewPlan& view : plan->views) {
      if (domain.shapes.size() <= view.id) domain.shapes.resize(view.id + 1);
      domain.shapes[view.id] = view.shape;
    }
    domains.push_back(std::move(domain));
  }
  return domains;
}

}  // namespace spate
