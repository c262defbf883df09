// Members are sorted into slots first, then checked and built slot by slot.
#include "engine/codec/table_reader.hpp"

#include <bit>

#include "engine/base/text.hpp"
#include "engine/codec/rfc3339.hpp"
#include "engine/codec/value_rules.hpp"

namespace spate {
namespace {

using simdjson::dom::element_type;

bool is_scalar(FieldKind kind) {
  return kind <= FieldKind::number || kind == FieldKind::enumeration;
}

/// Equal texts or integers, of the items themselves or of the member they must differ by.
bool same(const FieldPlan& field, simdjson::dom::element a, simdjson::dom::element b) {
  if (!field.distinct_by.empty() && (a[field.distinct_by].get(a) || b[field.distinct_by].get(b)))
    return false;
  std::string_view text_a, text_b;
  if (!a.get(text_a) && !b.get(text_b)) return text_a == text_b;
  int64_t integer_a = 0, integer_b = 0;
  return !a.get(integer_a) && !b.get(integer_b) && integer_a == integer_b;
}

template <class T>
void add_scalar(flatbuffers::FlatBufferBuilder& builder, const FieldPlan& field, T value, T unset) {
  if (field.nullable)
    builder.AddElement<T>(field.slot, value);
  else
    builder.AddElement<T>(field.slot, value, unset);
}

void add_field(flatbuffers::FlatBufferBuilder& builder, const FieldPlan& field, uint64_t bits) {
  if (!is_scalar(field.kind))
    return builder.AddOffset(field.slot, flatbuffers::Offset<void>(static_cast<uint32_t>(bits)));
  if (field.kind == FieldKind::number && field.width == 8)
    return add_scalar(builder, field, std::bit_cast<double>(bits), field.default_number);
  if (field.kind == FieldKind::number)
    return add_scalar(builder, field, static_cast<float>(std::bit_cast<double>(bits)),
                      static_cast<float>(field.default_number));
  const auto unset = static_cast<uint64_t>(field.default_integer);
  switch (field.width) {  // the sign is in the bits already
    case 1:
      return add_scalar(builder, field, static_cast<uint8_t>(bits), static_cast<uint8_t>(unset));
    case 2:
      return add_scalar(builder, field, static_cast<uint16_t>(bits), static_cast<uint16_t>(unset));
    case 4:
      return add_scalar(builder, field, static_cast<uint32_t>(bits), static_cast<uint32_t>(unset));
    default:
      return add_scalar(builder, field, bits, unset);
  }
}

}  // namespace

std::optional<Bytes> TableReader::read(const TablePlan& table, Element body, const Place& place,
                                       FieldFaults& faults) {
  builder_.Clear();
  slots_.clear();
  items_.clear();
  faults_ = &faults;
  right_ = true;
  one_of_each_ = true;
  const Offset root = read_table(table, body, place);
  if (!right_) return std::nullopt;
  builder_.Finish(root);
  return Bytes{builder_.GetBufferPointer(), builder_.GetSize()};
}

bool TableReader::refuse(const Place& place, std::string detail) {
  add_fault(*faults_, place, std::move(detail));
  right_ = false;
  return false;
}

TableReader::Offset TableReader::read_table(const TablePlan& table, Element element,
                                            const Place& place) {
  const std::size_t base = slots_.size();
  slots_.resize(base + table.fields.size());
  take_members(table, element.get_object().value_unsafe(), base, place);
  for (std::size_t i = 0; i < table.fields.size(); ++i) {
    const FieldPlan& field = table.fields[i];
    const Place at = place.member(field.name);
    if (!slots_[base + i].given) {
      if (field.needed) refuse(at, "is missing");
      continue;
    }
    uint64_t bits = 0;  // slots_ may move while the value is read
    const bool built = read_value(field, field.kind, slots_[base + i].value, at, bits);
    slots_[base + i].bits = bits;
    slots_[base + i].built = built;
  }
  check_one_of(
      table, [&](uint16_t i) { return slots_[base + i].given; },
      [&](const FieldPlan* field, std::string detail) {
        refuse(field == nullptr ? place : place.member(field->name), std::move(detail));
      });
  const Offset offset = right_ ? finish_table(table, base) : Offset();
  slots_.resize(base);
  return offset;
}

void TableReader::take_members(const TablePlan& table, simdjson::dom::object members,
                               std::size_t base, const Place& place) {
  for (const auto [name, value] : members) {
    const FieldPlan* field = table.field(name);
    if (field == nullptr) {
      refuse_unknown(table, name, place);
      continue;
    }
    Slot& slot = slots_[base + static_cast<std::size_t>(field - table.fields.data())];
    if (slot.given)
      refuse(place.member(name), "is given twice");
    else
      slot = {value, 0, true, false};
  }
}

void TableReader::refuse_unknown(const TablePlan& table, std::string_view name,
                                 const Place& place) {
  right_ = one_of_each_ = false;
  if (faults_->size() >= field_faults_max) return;
  NearestName nearest(name);
  for (const FieldPlan& field : table.fields) nearest.offer(field.name);
  refuse(place.member(name), "is not a member of this object" + nearest.hint());
}

TableReader::Offset TableReader::finish_table(const TablePlan& table, std::size_t base) {
  const auto start = builder_.StartTable();
  for (uint16_t i : table.build_order)
    if (slots_[base + i].built) add_field(builder_, table.fields[i], slots_[base + i].bits);
  return Offset(builder_.EndTable(start));
}

bool TableReader::read_value(const FieldPlan& field, FieldKind kind, Element value,
                             const Place& place, uint64_t& bits) {
  if (value.is_null())
    return refuse(place, field.needed ? "must not be null" : "must not be null: leave it out");
  switch (kind) {
    case FieldKind::boolean: {
      bool given = false;
      if (value.get(given)) return refuse(place, expectation(field, kind));
      bits = given;
      return true;
    }
    case FieldKind::integer:
      return read_integer(field, value, place, bits);
    case FieldKind::number:
      return read_number(field, value, place, bits);
    case FieldKind::text:
      return read_text(field, value, place, bits);
    case FieldKind::enumeration:
      return read_enumeration(field, value, place, bits);
    case FieldKind::list:
      return read_list(field, value, place, bits);
    case FieldKind::object:
      break;
  }
  if (field.table->json_union) return read_union(*field.table, value, place, bits);
  if (!value.is_object()) return refuse(place, expectation(field, kind));
  bits = read_table(*field.table, value, place).o;
  return true;
}

bool TableReader::read_integer(const FieldPlan& field, Element value, const Place& place,
                               uint64_t& bits) {
  if (field.time) {
    Instant at;
    std::string_view text;
    if (value.get(text) || !from_rfc3339(text, at))
      return refuse(place, expectation(field, FieldKind::integer));
    bits = static_cast<uint64_t>(at.ns);
    return true;
  }
  int64_t integer = 0;
  if (value.type() == element_type::UINT64)
    integer = std::numeric_limits<int64_t>::max();
  else if (value.type() == element_type::INT64)
    integer = value.get_int64().value_unsafe();
  else
    return refuse(place, expectation(field, FieldKind::integer));
  std::string fault = fault_of_integer(field, integer);
  if (fault.empty() && value.type() == element_type::UINT64)  // above 2^63-1, which the range has
    fault = "must be at most " + std::to_string(*field.max);
  if (!fault.empty()) return refuse(place, std::move(fault));
  bits = static_cast<uint64_t>(integer);
  return true;
}

bool TableReader::read_number(const FieldPlan& field, Element value, const Place& place,
                              uint64_t& bits) {
  double number = 0;
  if (!value.is_number() || value.get(number))
    return refuse(place, expectation(field, FieldKind::number));
  std::string fault = fault_of_number(field, number);
  if (!fault.empty()) return refuse(place, std::move(fault));
  bits = std::bit_cast<uint64_t>(number);
  return true;
}

bool TableReader::read_text(const FieldPlan& field, Element value, const Place& place,
                            uint64_t& bits) {
  std::string_view text;
  if (value.get(text)) return refuse(place, expectation(field, FieldKind::text));
  std::string fault = fault_of_text(field, text);
  if (!fault.empty()) return refuse(place, std::move(fault));
  bits = builder_.CreateString(text.data(), text.size()).o;
  return true;
}

bool TableReader::read_enumeration(const FieldPlan& field, Element value, const Place& place,
                                   uint64_t& bits) {
  std::string_view name;
  const EnumPlan::Value* found =
      value.get(name) == simdjson::SUCCESS ? field.enumeration->find(name) : nullptr;
  if (found == nullptr) return refuse(place, expectation(field, FieldKind::enumeration));
  bits = static_cast<uint64_t>(found->value);
  return true;
}

bool TableReader::read_list(const FieldPlan& field, Element value, const Place& place,
                            uint64_t& bits) {
  simdjson::dom::array array;
  if (value.get(array)) return refuse(place, expectation(field, FieldKind::list));
  // Counted by hand: simdjson's own size() stops at 2^24.
  std::size_t count = 0;
  for (auto at = array.begin(); at != array.end() && count <= field.max_items; ++at) ++count;
  std::string fault = fault_of_item_count(field, count);
  if (!fault.empty()) return refuse(place, std::move(fault));
  const std::size_t base = items_.size();
  std::size_t index = 0;
  for (Element item : array) {
    uint64_t item_bits = 0;
    read_value(field, field.item_kind, item, place.item(index++), item_bits);
    items_.push_back(item_bits);
  }
  // Not over objects swollen by unknown or repeated members: it reads each again and again.
  if (field.distinct && one_of_each_) check_distinct(field, array, place);
  bits = right_ ? finish_list(field, base).o : 0;
  items_.resize(base);
  return true;
}

TableReader::Offset TableReader::finish_list(const FieldPlan& field, std::size_t base) {
  const std::size_t count = items_.size() - base;
  const bool scalar = is_scalar(field.item_kind);
  const std::size_t width = scalar ? field.width : sizeof(uint32_t);
  builder_.StartVector(count, width);
  for (std::size_t i = items_.size(); i-- > base;) {
    const uint64_t bits = items_[i];
    if (!scalar)
      builder_.PushElement(flatbuffers::Offset<void>(static_cast<uint32_t>(bits)));
    else if (field.item_kind == FieldKind::number && width == 4)
      builder_.PushElement(static_cast<float>(std::bit_cast<double>(bits)));
    else if (width == 1)
      builder_.PushElement(static_cast<uint8_t>(bits));
    else if (width == 2)
      builder_.PushElement(static_cast<uint16_t>(bits));
    else if (width == 4)
      builder_.PushElement(static_cast<uint32_t>(bits));
    else
      builder_.PushElement(bits);
  }
  return Offset(builder_.EndVector(count));
}

bool TableReader::read_union(const TablePlan& table, Element value, const Place& place,
                             uint64_t& bits) {
  const TablePlan::JsonUnion& kinds = *table.json_union;
  const FieldPlan* field = value.is_string()   ? kinds.text
                           : value.is_number() ? kinds.number
                           : value.is_array()  ? kinds.strings
                                               : nullptr;
  if (field == nullptr) return refuse(place, union_expectation(table));
  uint64_t inner = 0;
  if (!read_value(*field, field->kind, value, place, inner) || !right_) return false;
  const auto start = builder_.StartTable();
  add_field(builder_, *field, inner);
  bits = builder_.EndTable(start);
  return true;
}

void TableReader::check_distinct(const FieldPlan& field, simdjson::dom::array items,
                                 const Place& place) {
  // Quadratic, and lists are bounded by max_items.
  std::size_t later = 0;
  for (Element item : items) {
    std::size_t earlier = 0;
    for (Element other : items) {
      if (earlier == later) break;
      if (same(field, item, other)) {
        const Place at = place.item(later);
        refuse(field.distinct_by.empty() ? at : at.member(field.distinct_by),
               same_as_item(earlier));
        break;
      }
      ++earlier;
    }
    ++later;
  }
}

}  // namespace spate
