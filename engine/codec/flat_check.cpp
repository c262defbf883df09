// Every byte is looked at only after the verifier said that it lies within the buffer.
#include "engine/codec/flat_check.hpp"

#include <bit>
#include <cmath>

#include "engine/base/text.hpp"
#include "engine/codec/flat_fields.hpp"
#include "engine/codec/rfc3339.hpp"
#include "engine/codec/value_rules.hpp"

namespace spate {
namespace {

using flatbuffers::uoffset_t;

constexpr uoffset_t depth_max = 64;
constexpr std::size_t table_bytes_min = 8;  // where its fields are, and what leads to it
bool is_scalar(FieldKind kind) {
  return kind <= FieldKind::number || kind == FieldKind::enumeration;
}

/// Equal texts or integers, of the items themselves or of the member they must differ by.
bool same(const FieldPlan& field, const FlatList& list, uint32_t a, uint32_t b) {
  if (field.item_kind == FieldKind::text) return list.text(a) == list.text(b);
  if (field.item_kind != FieldKind::object)
    return list.scalar_bits(field, a) == list.scalar_bits(field, b);
  const FieldPlan* member = field.table->field(field.distinct_by);
  if (member == nullptr) return false;
  if (member->kind == FieldKind::text) {
    const auto left = flat_text(list.table(a), *member), right = flat_text(list.table(b), *member);
    return left && left == right;
  }
  if (!is_scalar(member->kind)) return false;
  const auto given = [&](uint32_t i) { return list.table(i).CheckField(member->slot); };
  return given(a) && given(b) &&
         flat_scalar_bits(list.table(a), *member) == flat_scalar_bits(list.table(b), *member);
}

}  // namespace

FlatCheck::FlatCheck(const TablePlan& table, Bytes payload, std::size_t unfolded_bytes_max,
                     FieldFaults& faults)
    : plan_(table),
      payload_(payload),
      faults_(faults),
      unfolded_bytes_max_(unfolded_bytes_max),
      verifier_(payload.data(), payload.size(), depth_max,
                static_cast<uoffset_t>(unfolded_bytes_max / table_bytes_min + 1)) {}

bool FlatCheck::run() {
  const uint8_t* root = target(payload_.data());
  if (root == nullptr)
    broken(whole_payload);
  else
    check_table(plan_, root, whole_payload);
  return right_;
}

FlatCheck::Form FlatCheck::check_table(const TablePlan& plan, const uint8_t* at,
                                       const Place& place) {
  if (unfold(table_bytes_min, place) == Form::broken) return Form::broken;
  const Table& table = *reinterpret_cast<const Table*>(at);
  if (!table.VerifyTableStart(verifier_)) return broken(place);
  if (check_fields(plan, table, place) == Form::broken) return Form::broken;
  check_unknown(plan, table, place);
  if (plan.json_union) check_union(plan, table, place);
  check_one_of(
      plan, [&](uint16_t i) { return table.CheckField(plan.fields[i].slot); },
      [&](const FieldPlan* field, std::string detail) {
        refuse(field == nullptr ? place : place.member(field->name), std::move(detail));
      });
  verifier_.EndTable();
  return Form::sound;
}

FlatCheck::Form FlatCheck::check_fields(const TablePlan& plan, const Table& table,
                                        const Place& place) {
  for (const FieldPlan& field : plan.fields) {
    const Place at = place.member(field.name);
    if (!table.CheckField(field.slot)) {
      if (field.needed) refuse(at, "is missing");
      continue;
    }
    if (check_field(field, table, at) == Form::broken) return Form::broken;
  }
  return Form::sound;
}

FlatCheck::Form FlatCheck::check_field(const FieldPlan& field, const Table& table,
                                       const Place& place) {
  if (is_scalar(field.kind)) return check_scalar_field(field, table, place);
  const uint8_t* offset = table.GetAddressOf(field.slot);
  const uint8_t* at = target(offset);
  if (at == nullptr) return broken(place);
  if (field.kind == FieldKind::text) return check_text(field, at, place);
  if (field.kind == FieldKind::object) return check_table(*field.table, at, place);
  return check_list(field, table, at, place);
}

FlatCheck::Form FlatCheck::check_scalar_field(const FieldPlan& field, const Table& table,
                                              const Place& place) {
  const auto lies_within = [&] {
    switch (field.width) {
      case 1:
        return table.VerifyField<uint8_t>(verifier_, field.slot, 1);
      case 2:
        return table.VerifyField<uint16_t>(verifier_, field.slot, 2);
      case 4:
        return table.VerifyField<uint32_t>(verifier_, field.slot, 4);
      default:
        return table.VerifyField<uint64_t>(verifier_, field.slot, 8);
    }
  };
  if (!lies_within()) return broken(place);
  check_scalar(field, field.kind, widened(field, field.kind, table.GetAddressOf(field.slot)),
               place);
  return Form::sound;
}

FlatCheck::Form FlatCheck::check_text(const FieldPlan& field, const uint8_t* at,
                                      const Place& place) {
  const auto* text = reinterpret_cast<const flatbuffers::String*>(at);
  if (!verifier_.VerifyString(text)) return broken(place);
  if (unfold(text->size(), place) == Form::broken) return Form::broken;
  const std::string_view value(text->data(), text->size());
  if (!is_utf8(value))
    refuse(place, "must be UTF-8");
  else if (std::string fault = fault_of_text(field, value); !fault.empty())
    refuse(place, std::move(fault));
  return Form::sound;
}

FlatCheck::Form FlatCheck::check_list(const FieldPlan& field, const Table& table,
                                      const uint8_t* at, const Place& place) {
  const std::size_t width = is_scalar(field.item_kind) ? field.width : sizeof(uoffset_t);
  if (!verifier_.VerifyVectorOrString(at, width)) return broken(place);
  const uint32_t count = flatbuffers::ReadScalar<uoffset_t>(at);
  const uint8_t* items = at + sizeof(uoffset_t);
  if (static_cast<std::size_t>(items - payload_.data()) % width != 0) return broken(place);
  if (unfold(std::size_t{count} * width, place) == Form::broken) return Form::broken;
  if (std::string fault = fault_of_item_count(field, count); !fault.empty()) {
    refuse(place, std::move(fault));
    return Form::sound;
  }
  for (uint32_t i = 0; i < count; ++i)
    if (check_item(field, items + i * width, place.item(i)) == Form::broken) return Form::broken;
  if (field.distinct) check_distinct(field, table, place);
  return Form::sound;
}

FlatCheck::Form FlatCheck::check_item(const FieldPlan& field, const uint8_t* at,
                                      const Place& place) {
  if (is_scalar(field.item_kind)) {
    check_scalar(field, field.item_kind, widened(field, field.item_kind, at), place);
    return Form::sound;
  }
  const uint8_t* item = target(at);
  if (item == nullptr) return broken(place);
  return field.item_kind == FieldKind::text ? check_text(field, item, place)
                                            : check_table(*field.table, item, place);
}

void FlatCheck::check_scalar(const FieldPlan& field, FieldKind kind, uint64_t bits,
                             const Place& place) {
  switch (kind) {
    case FieldKind::boolean:
      if (bits > 1) refuse(place, expectation(field, kind));
      return;
    case FieldKind::integer:
      return check_integer(field, bits, place);
    case FieldKind::enumeration:
      if (field.enumeration->find(static_cast<int64_t>(bits)) == nullptr)
        refuse(place, expectation(field, kind));
      return;
    default:
      break;
  }
  const double number = std::bit_cast<double>(bits);
  if (!std::isfinite(number)) return refuse(place, expectation(field, FieldKind::number));
  if (std::string fault = fault_of_number(field, number); !fault.empty())
    refuse(place, std::move(fault));
}

void FlatCheck::check_integer(const FieldPlan& field, uint64_t bits, const Place& place) {
  if (field.time) {
    if (!is_time({static_cast<int64_t>(bits)}))
      refuse(place, expectation(field, FieldKind::integer));
    return;
  }
  const bool beyond = !field.is_signed && bits > uint64_t{std::numeric_limits<int64_t>::max()};
  const int64_t value = beyond ? std::numeric_limits<int64_t>::max() : static_cast<int64_t>(bits);
  std::string fault = fault_of_integer(field, value);
  if (fault.empty() && beyond) fault = "must be at most " + std::to_string(*field.max);
  if (!fault.empty()) refuse(place, std::move(fault));
}

void FlatCheck::check_distinct(const FieldPlan& field, const Table& table, const Place& place) {
  const FlatList list(table, field);  // quadratic, and lists are bounded by max_items
  for (uint32_t later = 1; later < list.size(); ++later) {
    for (uint32_t earlier = 0; earlier < later; ++earlier) {
      if (!same(field, list, later, earlier)) continue;
      const Place at = place.item(later);
      refuse(field.distinct_by.empty() ? at : at.member(field.distinct_by), same_as_item(earlier));
      break;
    }
  }
}

void FlatCheck::check_unknown(const TablePlan& plan, const Table& table, const Place& place) {
  const uint8_t* vtable = table.GetVTable();
  const auto bytes = flatbuffers::ReadScalar<flatbuffers::voffset_t>(vtable);
  std::size_t known = 0;  // fields come in slot order
  for (uint16_t slot = 2 * sizeof slot; slot + sizeof slot <= bytes; slot += sizeof slot) {
    while (known < plan.fields.size() && plan.fields[known].slot < slot) ++known;
    if (known < plan.fields.size() && plan.fields[known].slot == slot) continue;
    if (!table.CheckField(slot)) continue;
    refuse(place, "has a field that is not known here: id " + std::to_string(slot / sizeof slot - 2));
    return;
  }
}

void FlatCheck::check_union(const TablePlan& plan, const Table& table, const Place& place) {
  const TablePlan::JsonUnion& kinds = *plan.json_union;
  int given = 0;
  for (const FieldPlan* field : {kinds.text, kinds.number, kinds.strings})
    if (field != nullptr && table.CheckField(field->slot)) ++given;
  if (given != 1) refuse(place, union_expectation(plan));
}

FlatCheck::Form FlatCheck::broken(const Place& place, std::string detail) {
  refuse(place, std::move(detail));
  return Form::broken;
}

FlatCheck::Form FlatCheck::unfold(std::size_t bytes, const Place& place) {
  unfolded_bytes_ += bytes;
  if (unfolded_bytes_ <= unfolded_bytes_max_) return Form::sound;
  return broken(place, "must not unfold into more than " + std::to_string(unfolded_bytes_max_) +
                           " bytes");
}

void FlatCheck::refuse(const Place& place, std::string detail) {
  add_fault(faults_, place, std::move(detail));
  right_ = false;
}

const uint8_t* FlatCheck::target(const uint8_t* at) const {
  const auto offset = verifier_.VerifyOffset(static_cast<std::size_t>(at - payload_.data()));
  return offset == 0 ? nullptr : at + offset;
}

}  // namespace spate
