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

/// A list's item that must differ from all others and does not.
std::string same_as_item(std::size_t earlier);

/// What a `json_union` takes.
std::string union_expectation(const TablePlan& table);

/// `must have exactly one of: …`
std::string variants_of(const TablePlan& table);

/// one_of: calls `refuse(nullptr, sentence)` when not exactly one variant was given, and
/// `refuse(field, sentence)` for members that the chosen one lacks. `given(i)`: `fields[i]` was.
template <class Given, class Refuse>
void check_one_of(const TablePlan& table, Given given, Refuse refuse) {
  if (table.variants.empty()) return;
  const std::vector<uint16_t>* chosen = nullptr;
  for (const auto& variant : table.variants) {
    bool touched = false;
    for (uint16_t i : variant) touched |= given(i);
    if (!touched) continue;
    if (chosen != nullptr) return refuse(nullptr, variants_of(table));
    chosen = &variant;
  }
  if (chosen == nullptr) return refuse(nullptr, variants_of(table));
  for (uint16_t i : *chosen)
    if (!given(i)) refuse(&table.fields[i], "is missing");
}

}  // namespace spate
