// Schema compiler: a binary schema (.bfbs) becomes plans; the one user of FlatBuffers' reflection.
#pragma once
#include <deque>

#include "engine/codec/catalog.hpp"

namespace spate {

/// The plans of tables and enums of one schema; they point at each other, so they never move.
struct SchemaTypes {
  std::deque<TablePlan> tables;
  std::deque<EnumPlan> enums;
};

/// Fills `plan` (its name is given) from the schema. Faults: `schema_invalid`, wherever what the
/// schema says has no meaning: unknown attributes, types that JSON has no form for, ids left out.
Result<void> compile_schema(Bytes schema, DomainPlan& plan, SchemaTypes& types);

}  // namespace spate
