// The attributes there are, what they go with, and the ranges they leave.
#include "engine/codec/schema_marks.hpp"

#include <flatbuffers/reflection_generated.h>

#include <algorithm>
#include <charconv>

#include "engine/codec/schema_rules.hpp"

namespace spate {
namespace {

constexpr std::string_view known_attributes[] = {
    "needed",       "min",         "max",       "max_bytes",     "min_items",
    "max_items",    "ident",       "money",     "currency",      "time",
    "distinct",     "secret",      "derived",   "filter",        "one_of",
    "json_union",   "stream_view", "item_view", "gathered_view", "unlisted",
    "newest_first", "id",          "key",       "required",      "force_align"};

tl::unexpected<Fault> fault(const SchemaPlace& place, const std::string& remedy) {
  return schema_fault(place.domain, place.table, place.field, remedy);
}

Result<void> check_marks_fit(const SchemaPlace& place, const Attributes* marks,
                             const FieldPlan& field) {
  const auto has = [&](std::string_view name) { return attribute(marks, name) != nullptr; };
  const bool text = field.item_kind == FieldKind::text;
  const bool integer = field.item_kind == FieldKind::integer;
  if ((has("ident") || has("currency") || has("max_bytes")) && !text)
    return fault(place, "ident, currency and max_bytes are for texts");
  if (has("money") && !integer) return fault(place, "money is an integer");
  if (has("time") && !(integer && field.width == 8 && field.is_signed))
    return fault(place, "a time is a `long`: nanoseconds since 1970");
  if ((has("min") || has("max")) && !integer && field.item_kind != FieldKind::number)
    return fault(place,
                 "min and max are for numbers; texts have max_bytes, lists "
                 "min_items and max_items");
  if ((has("min_items") || has("max_items") || has("distinct")) && field.kind != FieldKind::list)
    return fault(place, "min_items, max_items and distinct are for lists");
  if (!field.distinct_by.empty() &&
      (field.table == nullptr || field.table->field(field.distinct_by) == nullptr))
    return fault(place, "distinct names no field of the list's items");
  return {};
}

Result<std::optional<int64_t>> number_mark(const SchemaPlace& place, const Attributes* marks,
                                           std::string_view name) {
  const reflection::KeyValue* found = attribute(marks, name);
  if (found == nullptr) return std::optional<int64_t>();
  const std::string text = found->value() == nullptr ? "" : found->value()->str();
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    return fault(place, std::string(name) + " needs an integer: " + std::string(name) + ":1");
  return std::optional<int64_t>(value);
}

/// What the type can hold and JSON keeps exactly, where the schema says nothing narrower.
void set_range(FieldPlan& field) {
  const int bits = field.width * 8 - (field.is_signed ? 1 : 0);
  const int64_t most = bits >= 53 ? json_integer_max : (int64_t{1} << bits) - 1;
  if (!field.max) field.max = most;
  if (!field.min) field.min = !field.is_signed ? 0 : bits >= 53 ? -most : -most - 1;
}

}  // namespace

const reflection::KeyValue* attribute(const Attributes* attributes, std::string_view name) {
  if (attributes == nullptr) return nullptr;
  for (const reflection::KeyValue* a : *attributes)
    if (a->key()->string_view() == name) return a;
  return nullptr;
}

std::string attribute_text(const Attributes* attributes, std::string_view name) {
  const reflection::KeyValue* found = attribute(attributes, name);
  if (found == nullptr || found->value() == nullptr || found->value()->str() == "0") return {};
  return found->value()->str();
}

Result<void> check_attributes(const SchemaPlace& place, const Attributes* attributes) {
  if (attributes == nullptr) return {};
  for (const reflection::KeyValue* a : *attributes)
    if (std::find(std::begin(known_attributes), std::end(known_attributes),
                  a->key()->string_view()) == std::end(known_attributes))
      return fault(place, "unknown attribute '" + a->key()->str() +
                              "': schemas/attributes.fbs lists those there are");
  return {};
}

Result<void> compile_marks(const SchemaPlace& place, const Attributes* marks, FieldPlan& field) {
  TRY(check_attributes(place, marks));
  const auto has = [&](std::string_view name) { return attribute(marks, name) != nullptr; };
  field.needed = has("needed") || has("key") || has("required");
  field.ident = has("ident");
  field.money = has("money");
  field.currency = has("currency");
  field.time = has("time");
  field.secret = has("secret");
  field.derived = has("derived");
  field.filter = has("filter");
  field.distinct = has("distinct");
  field.distinct_by = attribute_text(marks, "distinct");
  TRY(check_marks_fit(place, marks, field));
  TRY(field.min, number_mark(place, marks, "min"));
  TRY(field.max, number_mark(place, marks, "max"));
  TRY(const auto max_bytes, number_mark(place, marks, "max_bytes"));
  TRY(const auto min_items, number_mark(place, marks, "min_items"));
  TRY(const auto max_items, number_mark(place, marks, "max_items"));
  field.max_bytes = static_cast<uint32_t>(max_bytes.value_or(field.ident ? 128 : 1000));
  field.min_items = static_cast<uint32_t>(min_items.value_or(0));
  if (max_items) field.max_items = static_cast<uint32_t>(*max_items);
  if (field.item_kind == FieldKind::integer) set_range(field);
  if (field.min && field.max && *field.min > *field.max)
    return fault(place, "min is larger than max");
  return {};
}

}  // namespace spate
