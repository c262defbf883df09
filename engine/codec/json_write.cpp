// Events and views as JSON, straight from the FlatBuffer: no copy, no allocation but the output's.
#include <bit>
#include <charconv>
#include <cmath>

#include "engine/api/envelope.hpp"
#include "engine/codec/flat_fields.hpp"
#include "engine/codec/json.hpp"
#include "engine/codec/rfc3339.hpp"

namespace spate {
namespace {

using flatbuffers::Table;

void write_scalar(const FieldPlan& field, FieldKind kind, uint64_t bits, JsonWriter& out) {
  switch (kind) {
    case FieldKind::boolean:
      return out.boolean(bits != 0);
    case FieldKind::number:
      return write_json_number(std::bit_cast<double>(bits), out);
    case FieldKind::enumeration: {
      const EnumPlan::Value* value = field.enumeration->find(static_cast<int64_t>(bits));
      return out.string(value == nullptr ? std::string_view("unknown") : value->name);
    }
    default:
      break;
  }
  if (field.time) {
    Rfc3339Buffer buffer;
    return out.string(to_rfc3339(Instant{static_cast<int64_t>(bits)}, buffer));
  }
  if (field.is_signed) return write_json_integer(static_cast<int64_t>(bits), out);
  if (bits <= static_cast<uint64_t>(json_integer_max)) return out.unsigned_integer(bits);
  write_json_number(static_cast<double>(bits), out);
}

void write_table(const TablePlan& plan, const Table& table, JsonWriter& out);

void write_list(const FieldPlan& field, const FlatList& list, JsonWriter& out) {
  out.begin_array();
  for (uint32_t i = 0; i < list.size(); ++i) {
    if (field.item_kind == FieldKind::text)
      out.string(list.text(i));
    else if (field.item_kind == FieldKind::object)
      write_table(*field.table, list.table(i), out);
    else
      write_scalar(field, field.item_kind, list.scalar_bits(field, i), out);
  }
  out.end_array();
}

/// False, and nothing written, when the field is absent.
bool write_value(const FieldPlan& field, const Table& table, JsonWriter& out) {
  switch (field.kind) {
    case FieldKind::text: {
      const auto text = flat_text(table, field);
      if (text) out.string(*text);
      return text.has_value();
    }
    case FieldKind::object: {
      const Table* inner = flat_table(table, field);
      if (inner != nullptr) write_table(*field.table, *inner, out);
      return inner != nullptr;
    }
    case FieldKind::list:
      write_list(field, FlatList(table, field), out);
      return true;
    default: {
      const auto bits = flat_scalar_bits(table, field);
      if (bits) write_scalar(field, field.kind, *bits, out);
      return bits.has_value();
    }
  }
}

/// Whether the field would write something; lists do, even empty ones.
bool is_present(const FieldPlan& field, const Table& table) {
  return table.GetAddressOf(field.slot) != nullptr;
}

void write_members(const TablePlan& plan, const Table& table, const Derived* derived,
                   JsonWriter& out) {
  for (const FieldPlan& field : plan.fields) {
    if (field.secret) continue;
    if (!plan.variants.empty() && !is_present(field, table)) continue;
    out.key(field.name);
    const int64_t* set = field.derived && derived ? derived->find(field.name) : nullptr;
    if (set != nullptr)
      write_scalar(field, field.kind, static_cast<uint64_t>(*set), out);
    else if (!write_value(field, table, out))
      out.null();
  }
}

void write_union(const TablePlan::JsonUnion& kinds, const Table& table, JsonWriter& out) {
  for (const FieldPlan* field : {kinds.text, kinds.number, kinds.strings})
    if (field != nullptr && is_present(*field, table)) {
      write_value(*field, table, out);
      return;
    }
  if (kinds.strings == nullptr) return out.null();
  out.begin_array();  // an empty list may be stored as no field at all
  out.end_array();
}

void write_table(const TablePlan& plan, const Table& table, JsonWriter& out) {
  if (plan.json_union) return write_union(*plan.json_union, table, out);
  out.begin_object();
  write_members(plan, table, nullptr, out);
  out.end_object();
}

const Table& root_table(Bytes payload) { return *flatbuffers::GetRoot<Table>(payload.data()); }

}  // namespace

void write_json_integer(int64_t value, JsonWriter& out) {
  if (value > json_integer_max || value < -json_integer_max)
    return write_json_number(static_cast<double>(value), out);
  out.integer(value);
}

void write_json_number(double value, JsonWriter& out) {
  if (std::abs(value) <= static_cast<double>(json_integer_max)) return out.number(value);
  if (!std::isfinite(value)) return out.null();
  char buffer[32];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  out.raw({buffer, static_cast<std::size_t>(end - buffer)});
}

void write_fields(const TablePlan& table, Bytes payload, const Derived* derived, JsonWriter& out) {
  write_members(table, root_table(payload), derived, out);
}

void write_view(const DomainPlan& domain, const ViewPlan& view, Bytes value, Instant now,
                JsonWriter& out) {
  Derived derived;
  const auto ops = domain.domain->projection->views;
  if (view.id < ops.size() && ops[view.id].derive != nullptr)
    ops[view.id].derive(value, now, derived);
  out.begin_object();
  write_fields(*view.table, value, &derived, out);
  out.end_object();
}

void write_events(const DomainPlan& domain, const envelope::Outcome& outcome, JsonWriter& out) {
  out.key("events");
  out.begin_array();
  if (outcome.events() != nullptr) {
    Upcaster upcaster(domain.domain->handler->upcasts);
    for (const envelope::Event* event : *outcome.events()) {
      const NewestEvent now = upcaster.newest(event->type(), bytes_of(event->payload()));
      const EventPlan* plan = domain.event(now.type);
      out.begin_object();
      out.member("type", plan == nullptr ? std::string_view("unknown") : plan->name());
      if (now.fault != nullptr) out.member("unreadable", *now.fault);
      else if (plan != nullptr) write_fields(*plan->table, now.payload, nullptr, out);
      out.end_object();
    }
  }
  out.end_array();
}

}  // namespace spate
