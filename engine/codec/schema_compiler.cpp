// Walks the unions Command, Event and View and the enum Rejection of a binary schema.
#include "engine/codec/schema_compiler.hpp"

#include <flatbuffers/reflection_generated.h>

#include <algorithm>
#include <map>

#include "engine/api/event_versions.hpp"
#include "engine/codec/schema_digest.hpp"
#include "engine/codec/schema_marks.hpp"
#include "engine/codec/schema_names.hpp"
#include "engine/codec/schema_rules.hpp"

namespace spate {
namespace {

using Documentation = flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>;

std::string doc_of(const Documentation* lines) {
  std::string doc;
  if (lines == nullptr) return doc;
  for (const flatbuffers::String* line : *lines) {
    std::string text = line->str();
    text.erase(0, text.find_first_not_of(' '));
    if (!doc.empty() && !text.empty()) doc += ' ';
    doc += text;
  }
  return doc;
}

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = text.find(at);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

struct ScalarType {
  FieldKind kind;
  uint8_t width;
  bool is_signed;
};

/// Nothing for what is no scalar.
std::optional<ScalarType> scalar_type(reflection::BaseType type) {
  switch (type) {
    case reflection::Bool:
      return ScalarType{FieldKind::boolean, 1, false};
    case reflection::Byte:
      return ScalarType{FieldKind::integer, 1, true};
    case reflection::UByte:
      return ScalarType{FieldKind::integer, 1, false};
    case reflection::Short:
      return ScalarType{FieldKind::integer, 2, true};
    case reflection::UShort:
      return ScalarType{FieldKind::integer, 2, false};
    case reflection::Int:
      return ScalarType{FieldKind::integer, 4, true};
    case reflection::UInt:
      return ScalarType{FieldKind::integer, 4, false};
    case reflection::Long:
      return ScalarType{FieldKind::integer, 8, true};
    case reflection::ULong:
      return ScalarType{FieldKind::integer, 8, false};
    case reflection::Float:
      return ScalarType{FieldKind::number, 4, true};
    case reflection::Double:
      return ScalarType{FieldKind::number, 8, true};
    default:
      return std::nullopt;
  }
}

class Compiler {
 public:
  Compiler(const reflection::Schema& schema, DomainPlan& plan, SchemaTypes& types)
      : schema_(schema), plan_(plan), types_(types) {}

  Result<void> run() {
    TRY(compile_union("Command", plan_.commands));
    TRY(compile_union("Event", plan_.events));
    for (EventPlan& event : plan_.events)
      event.is_old = std::any_of(plan_.events.begin(), plan_.events.end(), [&](const EventPlan& e) {
        return is_newer_version(event.table->name, e.table->name);
      });
    TRY(compile_views());
    TRY(compile_rejections());
    TRY(const reflection::Enum* rows, find_enum("Row", true));
    TRY(const reflection::Enum* views, find_enum("View", true));
    plan_.row_schema_digest = schema_digest(schema_, *rows);
    plan_.view_schema_digest = schema_digest(schema_, *views);
    return {};
  }

 private:
  tl::unexpected<Fault> fault(std::string_view table, std::string_view field,
                              const std::string& remedy) const {
    return schema_fault(plan_.name, table, field, remedy);
  }

  Result<const reflection::Enum*> find_enum(std::string_view name, bool is_union) const {
    for (const reflection::Enum* e : *schema_.enums())
      if (last_part(e->name()) == name && e->is_union() == is_union) return e;
    return fault(name, "",
                 std::string(is_union ? "no union" : "no enum") + " of this name: add it");
  }

  Result<const reflection::Object*> member_table(const reflection::Enum& of,
                                                 const reflection::EnumVal& member) const {
    const reflection::Type* type = member.union_type();
    if (type != nullptr && type->base_type() == reflection::Obj && type->index() >= 0) {
      const reflection::Object* object =
          schema_.objects()->Get(static_cast<uint32_t>(type->index()));
      if (!object->is_struct()) return object;
    }
    return fault(last_part(of.name()), member.name()->str(), "a member must be a table");
  }

  Result<void> compile_union(std::string_view name, std::vector<CommandPlan>& members) {
    TRY(const reflection::Enum* of, find_enum(name, true));
    for (const reflection::EnumVal* member : *of->values()) {
      if (member->value() == 0) continue;  // NONE
      TRY(const reflection::Object* object, member_table(*of, *member));
      TRY(const TablePlan* table, table_plan(*object));
      members.push_back({static_cast<uint8_t>(member->value()), table});
    }
    return {};
  }

  Result<void> compile_views() {
    TRY(const reflection::Enum* of, find_enum("View", true));
    for (const reflection::EnumVal* member : *of->values()) {
      if (member->value() == 0) continue;
      TRY(const reflection::Object* object, member_table(*of, *member));
      ViewPlan view;
      view.id = static_cast<uint8_t>(member->value());
      TRY(view.table, table_plan(*object));
      const Attributes* marks = object->attributes();
      const bool item = attribute(marks, "item_view");
      const bool gathered = attribute(marks, "gathered_view");
      if ((attribute(marks, "stream_view") != nullptr) + item + gathered != 1)
        return fault(view.table->name, "",
                     "a view is marked with exactly one of (stream_view), "
                     "(item_view:\"name\"), (gathered_view:\"name\")");
      view.shape.scope = item       ? ViewScope::item
                         : gathered ? ViewScope::gathered
                                    : ViewScope::stream;
      view.shape.newest_first = attribute(marks, "newest_first");
      view.unlisted = attribute(marks, "unlisted");
      view.name = attribute_text(marks, item ? "item_view" : "gathered_view");
      plan_.views.push_back(std::move(view));
    }
    return {};
  }

  Result<void> compile_rejections() {
    TRY(const reflection::Enum* of, find_enum("Rejection", false));
    for (const reflection::EnumVal* value : *of->values()) {
      const std::string name = value->name()->str();
      if (value->value() < 1 || value->value() >= 65280)
        return fault("Rejection", name, "a rejection is numbered 1..65279");
      plan_.rejections.push_back(
          {static_cast<uint16_t>(value->value()), name, doc_of(value->documentation()), {}, {}});
    }
    return {};
  }

  Result<const TablePlan*> table_plan(const reflection::Object& object) {
    if (const auto found = tables_.find(&object); found != tables_.end()) return found->second;
    const std::string name = last_part(object.name());
    if (object.is_struct())
      return fault(name, "", "structs are for rows only: make it a table where JSON shows it");
    TablePlan& plan = types_.tables.emplace_back();
    tables_[&object] = &plan;
    plan.name = name;
    plan.wire_name = snake_case(name);
    plan.doc = doc_of(object.documentation());
    TRY(check_attributes({plan_.name, name, ""}, object.attributes()));
    for (const reflection::Field* field : *object.fields()) {
      if (field->deprecated()) continue;
      TRY(auto compiled, field_plan(name, *field));
      plan.fields.push_back(std::move(compiled));
    }
    std::sort(plan.fields.begin(), plan.fields.end(),
              [](const FieldPlan& a, const FieldPlan& b) { return a.slot < b.slot; });
    order_fields(plan);
    TRY(compile_variants(plan, attribute_text(object.attributes(), "one_of")));
    TRY(compile_json_union(plan, attribute_text(object.attributes(), "json_union")));
    return &plan;
  }

  static void order_fields(TablePlan& plan) {
    const auto width = [&](uint16_t i) {
      const bool scalar =
          plan.fields[i].kind <= FieldKind::number || plan.fields[i].kind == FieldKind::enumeration;
      return scalar ? plan.fields[i].width : 4;
    };
    for (uint16_t i = 0; i < plan.fields.size(); ++i) plan.build_order.push_back(i);
    std::stable_sort(plan.build_order.begin(), plan.build_order.end(),
                     [&](uint16_t a, uint16_t b) { return width(a) > width(b); });
  }

  Result<FieldPlan> field_plan(const std::string& table, const reflection::Field& from) {
    FieldPlan field;
    field.name = from.name()->str();
    if (attribute(from.attributes(), "id") == nullptr)
      return fault(table, field.name,
                   "fields of tables need an explicit (id:N), never used before");
    field.doc = doc_of(from.documentation());
    field.slot = from.offset();
    field.nullable = from.optional();
    field.default_integer = from.default_integer();
    field.default_number = from.default_real();
    TRY(compile_type(table, *from.type(), field));
    TRY(compile_marks({plan_.name, table, field.name}, from.attributes(), field));
    return field;
  }

  Result<void> compile_type(const std::string& table, const reflection::Type& type,
                            FieldPlan& field) {
    const bool list = type.base_type() == reflection::Vector;
    FieldKind kind;
    const reflection::BaseType base = list ? type.element() : type.base_type();
    if (const auto scalar = scalar_type(base)) {
      kind = scalar->kind;
      field.width = scalar->width;
      field.is_signed = scalar->is_signed;
      if (type.index() >= 0) {
        kind = FieldKind::enumeration;
        field.enumeration = enum_plan(*schema_.enums()->Get(static_cast<uint32_t>(type.index())));
      }
    } else if (base == reflection::String) {
      kind = FieldKind::text;
    } else if (base == reflection::Obj) {
      kind = FieldKind::object;
      TRY(field.table, table_plan(*schema_.objects()->Get(static_cast<uint32_t>(type.index()))));
    } else {
      return fault(table, field.name,
                   "JSON has no form for this type: use scalars, strings, "
                   "enums, tables, or lists of these");
    }
    field.kind = list ? FieldKind::list : kind;
    field.item_kind = kind;
    return {};
  }

  const EnumPlan* enum_plan(const reflection::Enum& from) {
    const auto [at, added] = enums_.try_emplace(&from, nullptr);
    if (!added) return at->second;
    EnumPlan& plan = types_.enums.emplace_back();
    at->second = &plan;
    plan.name = last_part(from.name());
    for (const reflection::EnumVal* v : *from.values())
      plan.values.push_back({v->name()->str(), v->value(), doc_of(v->documentation())});
    return &plan;
  }

  Result<void> compile_variants(TablePlan& plan, const std::string& text) {
    if (text.empty()) return {};
    for (const std::string& variant : split(text, '|')) {
      auto& members = plan.variants.emplace_back();
      for (const std::string& name : split(variant, '+')) {
        const FieldPlan* field = plan.field(name);
        if (field == nullptr)
          return fault(plan.name, name, "one_of names a field that is not there");
        const bool scalar =
            field->kind <= FieldKind::number || field->kind == FieldKind::enumeration;
        if (field->needed || (scalar && !field->nullable))
          return fault(plan.name, name,
                       "fields of a one_of may be absent: `= null` for scalars, "
                       "and not `needed`");
        members.push_back(static_cast<uint16_t>(field - plan.fields.data()));
      }
    }
    return {};
  }

  static std::string_view json_type(const FieldPlan& field) {
    if (field.kind == FieldKind::text) return "string";
    if (field.kind == FieldKind::number && field.nullable && field.width == 8) return "number";
    return field.kind == FieldKind::list && field.item_kind == FieldKind::text ? "strings" : "";
  }

  Result<void> compile_json_union(TablePlan& plan, const std::string& text) {
    if (text.empty()) return {};
    TablePlan::JsonUnion json_union;
    for (const std::string& type : split(text, '|')) {
      const FieldPlan** place = type == "string"    ? &json_union.text
                                : type == "number"  ? &json_union.number
                                : type == "strings" ? &json_union.strings
                                                    : nullptr;
      if (place == nullptr)
        return fault(plan.name, "",
                     "json_union knows string, number and strings, not '" + type + "'");
      for (const FieldPlan& field : plan.fields)
        if (json_type(field) == type) *place = &field;
      if (*place == nullptr)
        return fault(plan.name, "",
                     "json_union has '" + type +
                         "' but no field for it: string is "
                         "a `string`, number a `double = null`, strings a `[string]`");
    }
    plan.json_union = json_union;
    return {};
  }

  const reflection::Schema& schema_;
  DomainPlan& plan_;
  SchemaTypes& types_;
  std::map<const reflection::Object*, TablePlan*> tables_;
  std::map<const reflection::Enum*, const EnumPlan*> enums_;
};

}  // namespace

Result<void> compile_schema(Bytes schema, DomainPlan& plan, SchemaTypes& types) {
  flatbuffers::Verifier verifier(schema.data(), schema.size());
  if (!reflection::VerifySchemaBuffer(verifier))
    return schema_fault(plan.name, "", "",
                        "this is no binary schema: build it with flatc -b --schema");
  return Compiler(*reflection::GetSchema(schema.data()), plan, types).run();
}

}  // namespace spate
