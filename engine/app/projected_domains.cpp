// Plans of the catalog, arranged as a projector reads them.
#include "engine/app/projected_domains.hpp"

#include "engine/app/view_schemas.hpp"

namespace spate {

std::vector<ProjectedDomain> projected_domains(const Topology& topology, const Catalog& catalog) {
  std::vector<ProjectedDomain> domains;
  for (const DomainPlace& place : topology.domains()) {
    const DomainPlan* plan = catalog.find(place.name);
    ENSURE(plan != nullptr);
    ProjectedDomain domain;
    domain.number = place.number;
    domain.projection = plan->domain->projection;
    domain.upcasts = plan->domain->handler->upcasts;
    domain.schema_digest = plan->view_schema_digest;
    for (const ViewPlan& view : plan->views) {
      if (domain.shapes.size() <= view.id) domain.shapes.resize(view.id + 1);
      domain.shapes[view.id] = view.shape;
    }
    domains.push_back(std::move(domain));
  }
  return domains;
}

std::vector<ProjectedDomain> projected_domains(const Topology& topology, const Catalog& catalog,
                                               const std::string& data) {
  auto readable = readable_view_schemas(data, catalog);
  std::vector<ProjectedDomain> domains = projected_domains(topology, catalog);
  for (std::size_t i = 0; i < domains.size(); ++i)
    domains[i].readable_digests = std::move(readable[topology.domains()[i].name]);
  return domains;
}

}  // namespace spate
