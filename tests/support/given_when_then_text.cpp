// Walks a value by the reflection of its schema and writes down what it finds.
#include "tests/support/given_when_then_text.hpp"

#include <flatbuffers/reflection.h>

#include <charconv>

namespace spate {
namespace {

using reflection::BaseType;

const reflection::Schema& schema_of(const Domain& domain) {
  return *reflection::GetSchema(domain.schema.data());
}

const reflection::Enum& enum_of(const Domain& domain, std::string_view name) {
  const std::string full = "spate." + std::string(domain.name) + "." + std::string(name);
  // Not LookupByKey: g++ 12 with sanitizers warns of its strcmp.
  for (const reflection::Enum* e : *schema_of(domain).enums())
    if (e->name()->string_view() == full) return *e;
  ensure_failed("the schema has the enum", __FILE__, __LINE__);
}

const reflection::EnumVal* value_of(const reflection::Enum& e, int64_t value) {
  for (const reflection::EnumVal* v : *e.values())
    if (v->value() == value) return v;
  return nullptr;
}

std::string number_text(double value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value);
  return {buffer, end.ptr};
}

class Writer {
 public:
  explicit Writer(const reflection::Schema& schema) : schema_(schema) {}

  std::string object(const reflection::Object& type, const flatbuffers::Table& table,
                     const Derived* derived) const {
    std::string text = "{";
    for (const reflection::Field* field : in_slot_order(type)) {
      const int64_t* computed = derived ? derived->find(field->name()->string_view()) : nullptr;
      const std::string value =
          computed ? scalar(*field->type(), *computed) : member(*field, table);
      if (value.empty()) continue;
      if (text.size() > 1) text += ' ';
      text += field->name()->str() + ":" + value;
    }
    return text + "}";
  }

  std::string fixed(const reflection::Object& type, const flatbuffers::Struct& row) const {
    std::string text = "{";
    for (const reflection::Field* field : in_slot_order(type)) {
      if (text.size() > 1) text += ' ';
      text += field->name()->str() + ":";
      if (field->type()->base_type() == BaseType::Array) {
        for (uint16_t i = 0; i < field->type()->fixed_length(); ++i)
          text += static_cast<char>(row.GetAddressOf(field->offset())[i]);
      } else {
        text += scalar(*field->type(), flatbuffers::GetAnyFieldI(row, *field));
      }
    }
    return text + "}";
  }

 private:
  static std::vector<const reflection::Field*> in_slot_order(const reflection::Object& type) {
    std::vector<const reflection::Field*> fields(type.fields()->size());
    for (const reflection::Field* field : *type.fields()) fields[field->id()] = field;
    return fields;
  }

  std::string scalar(const reflection::Type& type, int64_t value) const {
    if (type.base_type() == BaseType::Bool) return value != 0 ? "true" : "false";
    if (type.index() >= 0)
      if (const auto* name = value_of(*schema_.enums()->Get(type.index()), value))
        return name->name()->str();
    if (type.base_type() == BaseType::ULong) return std::to_string(static_cast<uint64_t>(value));
    return std::to_string(value);
  }

  std::string member(const reflection::Field& field, const flatbuffers::Table& table) const {
    const reflection::Type& type = *field.type();
    const bool is_present = table.CheckField(field.offset());
    switch (type.base_type()) {
      case BaseType::String:
        return is_present ? quoted(*flatbuffers::GetFieldS(table, field)) : "";
      case BaseType::Obj:
        return is_present ? object(*schema_.objects()->Get(type.index()),
                                   *flatbuffers::GetFieldT(table, field), nullptr)
                          : "";
      case BaseType::Vector:
        return is_present ? list(type, *flatbuffers::GetFieldAnyV(table, field)) : "";
      default:
        if (field.optional() && !is_present) return "";
        if (flatbuffers::IsFloat(static_cast<reflection::BaseType>(type.base_type())))
          return number_text(flatbuffers::GetAnyFieldF(table, field));
        return scalar(type, flatbuffers::GetAnyFieldI(table, field));
    }
  }

  std::string list(const reflection::Type& type, const flatbuffers::VectorOfAny& items) const {
    if (items.size() == 0) return "";
    std::string text = "[";
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) text += ' ';
      text += item(type, items, i);
    }
    return text + "]";
  }

  std::string item(const reflection::Type& type, const flatbuffers::VectorOfAny& items,
                   std::size_t i) const {
    switch (type.element()) {
      case BaseType::String:
        return quoted(*flatbuffers::GetAnyVectorElemPointer<const flatbuffers::String>(&items, i));
      case BaseType::Obj:
        return object(*schema_.objects()->Get(type.index()),
                      *flatbuffers::GetAnyVectorElemPointer<const flatbuffers::Table>(&items, i),
                      nullptr);
      default:
        return std::to_string(flatbuffers::GetAnyVectorElemI(&items, type.element(), i));
    }
  }

  static std::string quoted(const flatbuffers::String& s) { return '"' + s.str() + '"'; }

  const reflection::Schema& schema_;
};

std::string snake_case(std::string_view camel) {
  std::string snake;
  for (const char c : camel) {
    if (c >= 'A' && c <= 'Z') {
      if (!snake.empty()) snake += '_';
      snake += static_cast<char>(c - 'A' + 'a');
    } else {
      snake += c;
    }
  }
  return snake;
}

}  // namespace

const Domain& domain_named(std::string_view name) {
  for (const Domain& domain : domains())
    if (domain.name == name) return domain;
  ensure_failed("a domain of this name is built in", __FILE__, __LINE__);
}

std::string member_text(const Domain& domain, std::string_view union_name, uint16_t member,
                        Bytes value, const Derived* derived) {
  const reflection::EnumVal* entry = value_of(enum_of(domain, union_name), member);
  ENSURE(entry != nullptr);
  const reflection::Schema& schema = schema_of(domain);
  const reflection::Object& type = *schema.objects()->Get(entry->union_type()->index());
  const Writer writer(schema);
  if (type.is_struct())
    return snake_case(entry->name()->string_view()) +
           writer.fixed(type, *reinterpret_cast<const flatbuffers::Struct*>(value.data()));
  return snake_case(entry->name()->string_view()) +
         writer.object(type, *flatbuffers::GetAnyRoot(value.data()), derived);
}

std::string rejection_text(const Domain& domain, const Verdict& verdict) {
  const auto* name = value_of(enum_of(domain, "Rejection"), verdict.rejection());
  std::string text =
      "rejected: " + (name ? name->name()->str() : std::to_string(verdict.rejection()));
  for (const NamedInteger& detail : verdict.details())
    text += std::string(" ") + detail.name + "=" + std::to_string(detail.value);
  return text;
}

}  // namespace spate
