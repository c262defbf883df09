// EventFold: the events of one outcome, applied to views by their projection.
#pragma once
#include <algorithm>
#include <string>

#include "engine/api/envelope.hpp"
#include "engine/projector/projection_version.hpp"
#include "engine/projector/staged_views.hpp"

namespace spate {

/// What the projector knows of a domain.
struct ProjectedDomain {
  uint16_t number = 0;  ///< the domain's in the topology
  const ProjectionTable* projection = nullptr;
  std::vector<ViewShape> shapes;  ///< by the view's id in the schema
  uint64_t schema_digest = 0;     ///< of the schema's views (C3)
  /// Of other schemas: stored views of those are read right under this one.
  std::vector<uint64_t> readable_digests;
  std::span<const UpcastStep> upcasts = {};  ///< of the domain's events

  ProjectionVersion version() const { return {projection->version, schema_digest}; }
  bool reads(uint64_t digest) const {
    return digest == schema_digest ||
           std::find(readable_digests.begin(), readable_digests.end(), digest) !=
               readable_digests.end();
  }
};

/// The views that its events name are on their way to the cache.
void prefetch_outcome(const ProjectedDomain& domain, const envelope::Outcome& outcome,
                      StagedViews& staged);
/// Applies an outcome to `staged`. Empty, or the reason why it cannot be folded; what is staged
/// then is to be dropped (E4).
std::string fold_outcome(const ProjectedDomain& domain, const envelope::Outcome& outcome,
                         StagedViews& staged);

}  // namespace spate
