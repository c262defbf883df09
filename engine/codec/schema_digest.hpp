// Schema digest: 64 bits that change with any change to the layout of rows or views (rule C3).
#pragma once
#include <cstdint>

#include "engine/base/bytes.hpp"
#include "engine/base/result.hpp"

namespace reflection {
struct Schema;
struct Enum;
}  // namespace reflection

namespace spate {

/// Over the members of `members` and all they are made of: names, types, slots, defaults, and what
/// the keys of views are made of.
uint64_t schema_digest(const reflection::Schema& schema, const reflection::Enum& members);

/// Of the views of a schema in binary form. Fault: `schema_invalid`.
Result<uint64_t> view_schema_digest(Bytes schema);

}  // namespace spate
