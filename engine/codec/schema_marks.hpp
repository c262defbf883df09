// Schema marks: the attributes of tables and fields, read into their plans.
#pragma once
#include <flatbuffers/flatbuffers.h>

#include "engine/codec/catalog.hpp"

namespace reflection {
struct KeyValue;
}  // namespace reflection

namespace spate {

using Attributes = flatbuffers::Vector<flatbuffers::Offset<reflection::KeyValue>>;

struct SchemaPlace {
  std::string_view domain;
  std::string_view table;
  std::string_view field;
};

/// Null when there is none of this name.
const reflection::KeyValue* attribute(const Attributes* attributes, std::string_view name);
/// `(item_view:"claims")` → `claims`; empty when it has no value.
std::string attribute_text(const Attributes* attributes, std::string_view name);
/// Faults: an attribute that attributes.fbs does not know.
Result<void> check_attributes(const SchemaPlace& place, const Attributes* attributes);
/// Faults: an unknown attribute, one that does not fit the field's type, a range without values.
/// Requires: the field's kind, item kind and width are set.
Result<void> compile_marks(const SchemaPlace& place, const Attributes* marks, FieldPlan& field);

}  // namespace spate
