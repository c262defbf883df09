// Value rules: what one scalar, text or list of a command must be like, and how that is said.
#pragma once
#include <string>
#include <string_view>

#include "engine/codec/catalog.hpp"

namespace spate {

/// Each answers with the sentence of a fault, or nothing when the value is right.
std::string fault_of_integer(const FieldPlan& field, int64_t value);
std::string fault_of_number(const FieldPlan& field, double value);
std::string fault_of_text(const FieldPlan& field, std::string_view value);
std::string fault_of_item_count(const FieldPlan& field, std::size_t count);

/// `must be …`: what values the field takes; for a value of another type.
std::string expectation(const FieldPlan& field, FieldKind kind);

}  // namespace spate
