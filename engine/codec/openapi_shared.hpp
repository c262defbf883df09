// The parts of the OpenAPI document that no schema changes: headers, parameters, problems.
#pragma once
#include <string_view>

namespace spate {

/// Members of `components.schemas`.
extern const std::string_view openapi_shared_schemas;
/// `components.parameters`, `components.headers` and `components.responses`, as members.
extern const std::string_view openapi_shared_components;
/// Members of `paths`: batch, list of domains, probes, metrics, problem pages, this document.
extern const std::string_view openapi_shared_paths;

}  // namespace spate
