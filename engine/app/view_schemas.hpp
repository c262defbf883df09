// ViewSchemas: schemas under which stored views were folded: whether this binary reads them right.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "engine/codec/catalog.hpp"

namespace spate {

//   DIR/schemas/views/DOMAIN-DIGEST.bfbs    as DIR/schemas/DOMAIN.bfbs; DIGEST: 16 hex digits
//
/// Keeps this binary's, and what the binaries before recorded. Before the gate of schemas replaces
/// that. What cannot be kept is a note: a later binary will fold its views again.
std::vector<std::string> keep_view_schemas(const std::string& data, const Catalog& catalog);

/// By domain: digests of kept schemas whose views this binary reads right without folding them.
std::map<std::string, std::vector<uint64_t>> readable_view_schemas(const std::string& data,
                                                                   const Catalog& catalog);

}  // namespace spate
