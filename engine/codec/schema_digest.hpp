// Schema digest: 64 bits that change with any change to the layout of rows or views (rule C3).
#pragma once
#include <cstdint>

namespace reflection {
struct Schema;
struct Enum;
}  // namespace reflection

namespace spate {

/// Over the members of `members` and all they are made of: names, types, slots, defaults.
uint64_t schema_digest(const reflection::Schema& schema, const reflection::Enum& members);

}  // namespace spate
