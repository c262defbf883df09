// The sentences: lower case, without a full stop, saying what is right rather than what was wrong.
#include "engine/codec/value_rules.hpp"

#include "engine/base/text.hpp"
#include "engine/codec/currencies.hpp"

namespace spate {
namespace {

std::string range_of(const FieldPlan& field) {
  if (!field.max) return "at least " + std::to_string(*field.min);
  if (!field.min) return "at most " + std::to_string(*field.max);
  return std::to_string(*field.min) + ".." + std::to_string(*field.max);
}

std::string names_of(const EnumPlan& plan) {
  std::string names;
  for (const EnumPlan::Value& value : plan.values) {
    if (!names.empty()) names += ", ";
    names += value.name;
  }
  return names;
}

std::string text_rule(const FieldPlan& field) {
  if (field.currency) return "must be a currency code of ISO 4217 in upper case, such as EUR";
  if (field.ident)
    return "must be 1.." + std::to_string(ident_bytes_max) +
           " bytes without white space, control characters or '/'";
  return "must be 1.." + std::to_string(field.max_bytes) + " bytes of text";
}

}  // namespace

std::string fault_of_integer(const FieldPlan& field, int64_t value) {
  if (value >= *field.min && value <= *field.max) return {};
  return "must be " + range_of(field);
}

std::string fault_of_number(const FieldPlan& field, double value) {
  if (field.min && value < static_cast<double>(*field.min)) return "must be " + range_of(field);
  if (field.max && value > static_cast<double>(*field.max)) return "must be " + range_of(field);
  return {};
}

std::string fault_of_text(const FieldPlan& field, std::string_view value) {
  const bool right = field.currency ? is_currency(value)
                     : field.ident  ? is_ident(value)
                                    : !value.empty() && value.size() <= field.max_bytes;
  return right ? std::string() : text_rule(field);
}

std::string fault_of_item_count(const FieldPlan& field, std::size_t count) {
  if (count >= field.min_items && count <= field.max_items) return {};
  return "must have " + std::to_string(field.min_items) + ".." + std::to_string(field.max_items) +
         " items";
}

std::string variants_of(const TablePlan& table) {
  std::string text = "must have exactly one of: ";
  for (std::size_t i = 0; i < table.variants.size(); ++i) {
    if (i > 0) text += "; ";
    for (std::size_t k = 0; k < table.variants[i].size(); ++k)
      text += (k > 0 ? " with " : "") + table.fields[table.variants[i][k]].name;
  }
  return text;
}

std::string union_expectation(const TablePlan& table) {
  const TablePlan::JsonUnion& kinds = *table.json_union;
  std::string expected;
  const auto add = [&](const FieldPlan* kind, const char* words) {
    if (kind != nullptr) expected += (expected.empty() ? "" : " or ") + std::string(words);
  };
  add(kinds.text, "a string");
  add(kinds.number, "a number");
  add(kinds.strings, "an array of strings");
  return "must be " + expected;
}

std::string same_as_item(std::size_t earlier) {
  return "is the same as in item " + std::to_string(earlier);
}

std::string expectation(const FieldPlan& field, FieldKind kind) {
  if (field.time)
    return "must be a time as in RFC 3339, such as 2026-11-29T18:00:00Z, of the years 1970 to 2261";
  switch (kind) {
    case FieldKind::boolean:
      return "must be true or false";
    case FieldKind::integer:
      return "must be an integer without fraction or exponent, " + range_of(field);
    case FieldKind::number:
      return field.min || field.max ? "must be a number, " + range_of(field) : "must be a number";
    case FieldKind::text:
      return text_rule(field) + ", as a JSON string";
    case FieldKind::enumeration:
      return "must be one of " + names_of(*field.enumeration);
    case FieldKind::object:
      return "must be an object";
    case FieldKind::list:
      return "must be an array";
  }
  return {};
}

}  // namespace spate
