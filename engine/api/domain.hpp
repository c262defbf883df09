// Domain: one kind of aggregate as the engine sees it; the build writes the table of them.
#pragma once
#include <span>
#include <string_view>

#include "engine/api/handler.hpp"
#include "engine/api/projection.hpp"

namespace spate {

struct Domain {
  std::string_view name;
  const HandlerTable* handler;
  const ProjectionTable* projection;
  Bytes schema;  ///< the schema in binary form (.bfbs), for the codec
};

/// Every domain built into this binary, in the order of their names.
std::span<const Domain> domains();

/// topics/topics.yaml as it was when this binary was built.
std::string_view topics_text();

}  // namespace spate
