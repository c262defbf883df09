// OpenAPI: the whole HTTP contract as one OpenAPI 3.1 document, generated from the schemas.
#pragma once
#include <string>
#include <string_view>

#include "engine/codec/catalog.hpp"

namespace spate {

/// The document served as /openapi.json. The same catalog and version give the same bytes.
std::string openapi_document(const Catalog& catalog, std::string_view version);

}  // namespace spate
