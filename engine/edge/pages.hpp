// Pages that need no engine: probes, metrics, the list of what there is, explanations of problems.
#pragma once
#include "engine/edge/context.hpp"
#include "engine/edge/router.hpp"

namespace spate::edge {

/// Requires: the route is one of livez, readyz, startupz, metrics, openapi, problem_page, root,
/// replay, replay_order, snapshot, scan.
Response page_of(const EdgeContext& context, const Route& route, const Request& request,
                 std::string_view trace_id);

}  // namespace spate::edge
