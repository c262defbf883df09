// CatalogViewText: stored views as names and JSON, by the schemas.
#pragma once
#include "engine/base/topology.hpp"
#include "engine/codec/catalog.hpp"
#include "engine/replay/view_text.hpp"

namespace spate {

/// Both outlive it. Requires: the catalog knows every domain of the topology.
class CatalogViewText final : public ViewText {
 public:
  CatalogViewText(const Catalog& catalog, const Topology& topology)
      : catalog_(catalog), topology_(topology) {}

  std::string projection(uint16_t domain) const override { return plan_of(domain).name; }
  /// As in the schema, snake_case: the name of the table.
  std::string view(uint16_t domain, uint8_t view) const override;
  Fields fields(uint16_t domain, uint8_t view, Bytes value) const override;

 private:
  const DomainPlan& plan_of(uint16_t domain) const;
  const ViewPlan& view_of(uint16_t domain, uint8_t view) const;

  const Catalog& catalog_;
  const Topology& topology_;
};

}  // namespace spate
