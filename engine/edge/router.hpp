// Router: which resource a path names, by the catalog alone; and which methods it has.
#pragma once
#include <variant>

#include "engine/codec/catalog.hpp"
#include "engine/edge/path.hpp"

namespace spate::edge {

enum class Resource : uint8_t {
  livez,
  readyz,
  startupz,
  metrics,
  openapi,
  problem_page,
  root,            ///< GET  /v1
  batch,           ///< POST /v1/batch
  stream_list,     ///< GET  /v1/{domain}
  stream_view,     ///< GET  /v1/{domain}/{stream}
  item_list,       ///< GET  /v1/{domain}/{stream}/{view}
  item_view,       ///< GET  /v1/{domain}/{stream}/{view}/{key}
  gathered_view,   ///< GET  /v1/{domain}/{view}/{key}
  outcomes,        ///< GET  /v1/{domain}/outcomes
  command,         ///< POST /v1/{domain}/{stream}/{command}
  command_by_key,  ///< GET  /v1/{domain}/{stream}/commands?key=K
  command_by_id,   ///< GET  /v1/{domain}/{stream}/commands/{id}
  history,         ///< GET  /v1/{domain}/{stream}/history
  replay,          ///< GET  /admin/replay
  replay_order,    ///< POST /admin/replay/{order}
  snapshot,        ///< GET, POST /admin/snapshot
  scan,            ///< GET, POST /admin/scan
  unknown,         ///< no resource: what metrics count for a 404
};

struct Route {
  Resource resource = Resource::root;
  const DomainPlan* domain = nullptr;
  const ViewPlan* view = nullptr;
  const CommandPlan* command = nullptr;
  std::string stream;
  std::string
      key;  ///< of an item or gathered view, a command id, a replay's order, or the rest of a
            ///< problem page's path
};

/// The template of a resource's path, as metrics count it.
std::string_view route_name(Resource resource);

/// Paths that are answered whatever the load: /livez, /readyz, /health, /startupz, /metrics.
bool is_probe(std::string_view path);
/// Whether a request that begins with these bytes is, or may yet become, one for such a path.
bool may_begin_probe(std::string_view bytes);

/// Path 400, then 404, then 405 with Allow, in this order.
std::variant<Route, Problem> resolve(const Catalog& catalog, std::string_view method,
                                     std::string_view path);

/// Command and view names of a domain, for a 404 that lists what exists.
std::vector<std::string> domain_names(const Catalog& catalog);
std::vector<std::string> command_names(const DomainPlan& domain);
std::vector<std::string> view_names(const DomainPlan& domain, bool gathered);

}  // namespace spate::edge
