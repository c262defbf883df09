// What is sent says all its constraints; what is shown says which members may be null.
#include "engine/codec/openapi_schemas.hpp"

#include <set>

#include "engine/codec/currencies.hpp"

namespace spate {
namespace {

enum class Side : uint8_t { sent, shown };

/// The largest integer that every reader of JSON keeps exact; a bound above it is the format's.
constexpr int64_t exact_max = (int64_t{1} << 53) - 1;

void write_bounds(const FieldPlan& field, JsonWriter& out) {
  if (field.min && *field.min >= -exact_max) out.member("minimum", *field.min);
  if (!field.max) return;
  if (*field.max <= exact_max)
    out.member("maximum", *field.max);
  else
    out.member("format", "int64");
}

void write_text_rules(const FieldPlan& field, JsonWriter& out) {
  if (field.currency) {
    out.key("enum");
    out.begin_array();
    for (std::string_view codes = currency_codes(); !codes.empty(); codes.remove_prefix(4))
      out.string(codes.substr(0, 3));
    out.end_array();
    return;
  }
  out.member("minLength", 1);
  out.member("maxLength", field.ident ? 128 : static_cast<int64_t>(field.max_bytes));
  if (field.ident) out.member("pattern", "^[^\\s/\\u0000-\\u001f\\u007f-\\u009f]+$");
}

void write_names(const EnumPlan& plan, bool or_null, JsonWriter& out) {
  out.key("enum");
  out.begin_array();
  for (const EnumPlan::Value& value : plan.values) out.string(value.name);
  if (or_null) out.null();
  out.end_array();
}

const char* json_type(const FieldPlan& field, FieldKind kind) {
  switch (kind) {
    case FieldKind::boolean:
      return "boolean";
    case FieldKind::integer:
      return field.time ? "string" : "integer";
    case FieldKind::number:
      return "number";
    case FieldKind::object:
      return "object";
    case FieldKind::list:
      return "array";
    default:
      return "string";
  }
}

void write_type(const FieldPlan& field, FieldKind kind, bool or_null, JsonWriter& out) {
  out.key("type");
  if (!or_null) return out.string(json_type(field, kind));
  out.begin_array();
  out.string(json_type(field, kind));
  out.string("null");
  out.end_array();
}

std::string describe(const FieldPlan& field, Side side) {
  std::string text = field.doc;
  const auto add = [&](const std::string& sentence) {
    text += (text.empty() ? "" : " ") + sentence;
  };
  if (field.currency) add("A currency code of ISO 4217.");
  if (field.money) add("In minor units of the currency.");
  const bool is_free_text = field.item_kind == FieldKind::text && !field.ident && !field.currency;
  if (is_free_text && side == Side::sent)
    add("At most " + std::to_string(field.max_bytes) + " bytes of UTF-8.");
  if (!field.distinct_by.empty() && side == Side::sent)
    add("No two items have the same " + field.distinct_by + ".");
  return text;
}

class Schemas {
 public:
  Schemas(const DomainPlan& domain, JsonWriter& out) : domain_(domain), out_(out) {}

  void write_all() {
    for (const CommandPlan& command : domain_.commands) write_component(*command.table, Side::sent);
    for (const EventPlan& event : domain_.events)
      if (!event.is_old) write_component(*event.table, Side::shown, event.name());
    for (const ViewPlan& view : domain_.views) write_component(*view.table, Side::shown);
  }

  /// A scalar, text or list; of `kind`, which for a list's items is their own.
  void write_value(const FieldPlan& field, FieldKind kind, Side side, bool or_null) {
    if (kind == FieldKind::object) return write_object_ref(field, side, or_null);
    out_.begin_object();
    write_type(field, kind, or_null, out_);
    if (kind == FieldKind::enumeration) write_names(*field.enumeration, or_null, out_);
    if (field.time) out_.member("format", "date-time");
    if (side == Side::sent) write_rules(field, kind);
    if (kind == FieldKind::list) {
      out_.key("items");
      write_value(field, field.item_kind, side, false);
    }
    if (const std::string text = describe(field, side); !text.empty() && kind == field.kind)
      out_.member("description", text);
    out_.end_object();
  }

 private:
  void write_object_ref(const FieldPlan& field, Side side, bool or_null) {
    const std::string name =
        side == Side::sent ? sent_name(domain_, *field.table) : shown_name(domain_, *field.table);
    if (!or_null) return write_ref("schemas", name, out_);
    out_.begin_object();
    out_.key("anyOf");
    out_.begin_array();
    write_ref("schemas", name, out_);
    out_.raw(R"({"type":"null"})");
    out_.end_array();
    out_.end_object();
  }

  void write_rules(const FieldPlan& field, FieldKind kind) {
    if ((kind == FieldKind::integer && !field.time) || kind == FieldKind::number)
      write_bounds(field, out_);
    if (kind == FieldKind::text) write_text_rules(field, out_);
    if (kind == FieldKind::list) {
      out_.member("minItems", static_cast<int64_t>(field.min_items));
      out_.member("maxItems", static_cast<int64_t>(field.max_items));
      if (field.distinct && field.distinct_by.empty()) out_.member("uniqueItems", true);
    }
    if (kind != field.kind || field.nullable || field.needed) return;
    if (kind == FieldKind::integer) out_.member("default", field.default_integer);
    if (kind == FieldKind::number) out_.key("default"), out_.number(field.default_number);
    if (kind == FieldKind::boolean) out_.member("default", field.default_integer != 0);
    if (kind != FieldKind::enumeration) return;
    if (const auto* value = field.enumeration->find(field.default_integer))
      out_.member("default", value->name);
  }

  void write_component(const TablePlan& table, Side side, std::string_view event = {}) {
    if (!written_.insert({&table, side}).second) return;
    out_.key(side == Side::sent ? sent_name(domain_, table) : shown_name(domain_, table));
    if (table.json_union)
      write_union(table, side);
    else if (!table.variants.empty())
      write_variants(table, side);
    else
      write_object(table, side, event);
    for (const FieldPlan& field : table.fields)
      if (field.table != nullptr && !(side == Side::shown && field.secret))
        write_component(*field.table, side);
  }

  void write_object(const TablePlan& table, Side side, std::string_view event) {
    out_.begin_object();
    out_.member("type", "object");
    if (!table.doc.empty()) out_.member("description", table.doc);
    if (side == Side::sent) out_.member("additionalProperties", false);
    out_.key("required");
    out_.begin_array();
    if (!event.empty()) out_.string("type");
    for (const FieldPlan& field : table.fields)
      if (side == Side::sent ? field.needed : !field.secret) out_.string(field.name);
    out_.end_array();
    out_.key("properties");
    out_.begin_object();
    if (!event.empty()) {
      out_.key("type");
      out_.begin_object();
      out_.member("const", event);
      out_.end_object();
    }
    for (const FieldPlan& field : table.fields) {
      if (side == Side::shown && field.secret) continue;
      out_.key(field.name);
      const bool scalar = field.kind <= FieldKind::number || field.kind == FieldKind::enumeration;
      const bool may_be_null = scalar ? field.nullable : field.kind != FieldKind::list;
      write_value(field, field.kind, side, side == Side::shown && may_be_null && !field.needed);
    }
    out_.end_object();
    out_.end_object();
  }

  void write_variants(const TablePlan& table, Side side) {
    out_.begin_object();
    if (!table.doc.empty()) out_.member("description", table.doc);
    out_.key("oneOf");
    out_.begin_array();
    for (const auto& variant : table.variants) {
      out_.begin_object();
      out_.member("type", "object");
      out_.member("additionalProperties", false);
      out_.key("required");
      out_.begin_array();
      for (uint16_t i : variant) out_.string(table.fields[i].name);
      out_.end_array();
      out_.key("properties");
      out_.begin_object();
      for (uint16_t i : variant) {
        out_.key(table.fields[i].name);
        write_value(table.fields[i], table.fields[i].kind, side, false);
      }
      out_.end_object();
      out_.end_object();
    }
    out_.end_array();
    out_.end_object();
  }

  void write_union(const TablePlan& table, Side side) {
    out_.begin_object();
    if (!table.doc.empty()) out_.member("description", table.doc);
    out_.key("anyOf");
    out_.begin_array();
    for (const FieldPlan* field :
         {table.json_union->text, table.json_union->number, table.json_union->strings})
      if (field != nullptr) write_value(*field, field->kind, side, false);
    out_.end_array();
    out_.end_object();
  }

  const DomainPlan& domain_;
  JsonWriter& out_;
  std::set<std::pair<const TablePlan*, Side>> written_;
};

void write_event_refs(const DomainPlan& domain, JsonWriter& out) {
  out.key(domain.name + ".Event");
  out.begin_object();
  out.key("oneOf");
  out.begin_array();
  for (const EventPlan& event : domain.events)
    if (!event.is_old) write_ref("schemas", shown_name(domain, *event.table), out);
  out.end_array();
  out.end_object();
}

void write_accepted(const DomainPlan& domain, JsonWriter& out) {
  out.key(domain.name + ".Accepted");
  out.raw(R"({"type":"object","required":["outcome","command_id","position","at","events"],)"
          R"("properties":{"outcome":{"const":"accepted"},)"
          R"("command_id":{"$ref":"#/components/schemas/CommandId"},)"
          R"("position":{"$ref":"#/components/schemas/Position"},)"
          R"("at":{"type":"string","format":"date-time"},)"
          R"("events":{"type":"array","items":{"$ref":"#/components/schemas/)" +
          domain.name + R"(.Event"}}}})");
}

void write_rejection_code(const DomainPlan& domain, JsonWriter& out) {
  out.key(domain.name + ".RejectionCode");
  out.begin_object();
  out.member("type", "string");
  out.key("enum");
  out.begin_array();
  for (const RejectionPlan& rejection : domain.rejections) out.string(rejection.name);
  out.end_array();
  out.end_object();
}

void write_rejected(const DomainPlan& domain, JsonWriter& out) {
  const std::string code =
      R"({"$ref":"#/components/schemas/)" + domain.name + R"(.RejectionCode"})";
  out.key(domain.name + ".Rejected");
  out.raw(R"({"allOf":[{"$ref":"#/components/schemas/Rejected"},{"type":"object",)"
          R"("properties":{"code":)" +
          code + "}}]}");
  out.key(domain.name + ".Outcome");
  out.raw(
      R"({"oneOf":[{"$ref":"#/components/schemas/)" + domain.name +
      R"(.Accepted"},{"type":"object","required":["outcome","command_id","position","at","code"],)"
      R"("properties":{"outcome":{"const":"rejected"},)"
      R"("command_id":{"$ref":"#/components/schemas/CommandId"},)"
      R"("position":{"$ref":"#/components/schemas/Position"},)"
      R"("at":{"type":"string","format":"date-time"},"code":)" +
      code + R"(,"details":{"$ref":"#/components/schemas/Details"}}}]})");
}

/// An outcome as the feed shows it: of any kind, with its stream and command.
void write_recorded(const DomainPlan& domain, JsonWriter& out) {
  out.key(domain.name + ".Recorded");
  out.raw(
      R"({"type":"object","required":["stream","command","outcome","command_id","position","at"],)"
      R"("properties":{"stream":{"type":"string"},"command":{"type":"string"},)"
      R"("outcome":{"enum":["accepted","rejected","parked","key_reused","invalid"]},)"
      R"("command_id":{"$ref":"#/components/schemas/CommandId"},)"
      R"("position":{"$ref":"#/components/schemas/Position"},)"
      R"("at":{"type":"string","format":"date-time"},)"
      R"("events":{"type":"array","items":{"$ref":"#/components/schemas/)" +
      domain.name + R"(.Event"}},"code":{"$ref":"#/components/schemas/)" + domain.name +
      R"(.RejectionCode"},"details":{"$ref":"#/components/schemas/Details"}}})");
}

/// The same in a history: with who wished what, as far as the log keeps it.
void write_past(const DomainPlan& domain, JsonWriter& out) {
  out.key(domain.name + ".Past");
  out.raw(R"({"type":"object","required":["stream","command","outcome","command_id","position",)"
          R"("at"],"properties":{"stream":{"type":"string"},"command":{"type":"string"},)"
          R"("outcome":{"enum":["accepted","rejected","parked","key_reused","controlled","invalid"]},)"
          R"("command_id":{"$ref":"#/components/schemas/CommandId"},)"
          R"("position":{"$ref":"#/components/schemas/Position"},)"
          R"("at":{"type":"string","format":"date-time"},)"
          R"("events":{"type":"array","items":{"$ref":"#/components/schemas/)" +
          domain.name + R"(.Event"}},"code":{"$ref":"#/components/schemas/)" + domain.name +
          R"(.RejectionCode"},"details":{"$ref":"#/components/schemas/Details"},)"
          R"("reason":{"type":"string"},"redriven":{"const":true},"sender":{"type":"string"},)"
          R"("key":{"type":"string","description":"The Idempotency-Key."},)"
          R"("received_at":{"type":"string","format":"date-time"},)"
          R"("expected_version":{"type":"integer"},"traceparent":{"type":"string"},)"
          R"("body":{"type":"object","description":"What was wished, without secrets."}}})");
}

}  // namespace

std::string sent_name(const DomainPlan& domain, const TablePlan& table) {
  return domain.name + '.' + table.name;
}
std::string shown_name(const DomainPlan& domain, const TablePlan& table) {
  return domain.name + '.' + table.name + ".shown";
}

void write_ref(std::string_view kind, std::string_view name, JsonWriter& out) {
  out.begin_object();
  out.member("$ref", "#/components/" + std::string(kind) + '/' + std::string(name));
  out.end_object();
}

void write_value_schema(const DomainPlan& domain, const FieldPlan& field, JsonWriter& out) {
  Schemas(domain, out).write_value(field, field.kind, Side::sent, false);
}

void write_domain_schemas(const DomainPlan& domain, JsonWriter& out) {
  Schemas(domain, out).write_all();
  write_event_refs(domain, out);
  write_accepted(domain, out);
  write_rejection_code(domain, out);
  write_rejected(domain, out);
  write_recorded(domain, out);
  write_past(domain, out);
}

}  // namespace spate
