// The tree is copied out of simdjson's, so that its header stays within codec.
#include "engine/codec/json_value.hpp"

#include <limits>

#include "engine/codec/json_document.hpp"

namespace spate {
namespace {

JsonValue copy(const simdjson::dom::element& from) {
  using Type = simdjson::dom::element_type;
  using Kind = JsonValue::Kind;
  JsonValue to;
  switch (from.type()) {
    case Type::ARRAY:
      to.kind = Kind::list;
      for (const simdjson::dom::element item : simdjson::dom::array(from))
        to.items.push_back(copy(item));
      break;
    case Type::OBJECT:
      to.kind = Kind::object;
      for (const auto& field : simdjson::dom::object(from))
        to.members.emplace_back(std::string(field.key), copy(field.value));
      break;
    case Type::INT64:
      to.kind = Kind::integer;
      to.integer = int64_t(from);
      break;
    case Type::UINT64:  // beyond 2^63: kept as nearly as a double can
      to.kind = Kind::number;
      to.number = static_cast<double>(uint64_t(from));
      break;
    case Type::DOUBLE:
      to.kind = Kind::number;
      to.number = double(from);
      break;
    case Type::STRING:
      to.kind = Kind::text;
      to.text = std::string(std::string_view(from));
      break;
    case Type::BOOL:
      to.kind = Kind::boolean;
      to.boolean = bool(from);
      break;
    case Type::NULL_VALUE:
      break;
  }
  return to;
}

}  // namespace

Result<JsonValue> JsonValue::parse(std::string_view json) {
  JsonDocument document;
  simdjson::dom::element root;
  std::string detail;
  if (!document.parse(json, root, detail)) return stop("json_invalid", detail);
  return copy(root);
}

const JsonValue* JsonValue::find(std::string_view name) const {
  for (const auto& [key, value] : members)
    if (key == name) return &value;
  return nullptr;
}

std::string JsonValue::text_of(std::string_view name, std::string_view otherwise) const {
  const JsonValue* value = find(name);
  return value != nullptr && value->kind == Kind::text ? value->text : std::string(otherwise);
}

int64_t JsonValue::integer_of(std::string_view name, int64_t otherwise) const {
  const JsonValue* value = find(name);
  return value != nullptr && value->kind == Kind::integer ? value->integer : otherwise;
}

void JsonValue::write(JsonWriter& out) const {
  switch (kind) {
    case Kind::null: return out.null();
    case Kind::boolean: return out.boolean(boolean);
    case Kind::integer: return out.integer(integer);
    case Kind::number: return out.number(number);
    case Kind::text: return out.string(text);
    case Kind::list:
      out.begin_array();
      for (const JsonValue& item : items) item.write(out);
      return out.end_array();
    case Kind::object:
      out.begin_object();
      for (const auto& [key, value] : members) {
        out.key(key);
        value.write(out);
      }
      return out.end_object();
  }
}

JsonValue text_value(std::string_view text) {
  JsonValue value;
  value.kind = JsonValue::Kind::text;
  value.text = text;
  return value;
}

JsonValue integer_value(uint64_t number) {
  JsonValue value;
  value.kind = JsonValue::Kind::integer;
  value.integer = static_cast<int64_t>(number);
  return value;
}

JsonValue boolean_value(bool truth) {
  JsonValue value;
  value.kind = JsonValue::Kind::boolean;
  value.boolean = truth;
  return value;
}

JsonValue list_value(std::vector<JsonValue> items) {
  JsonValue value;
  value.kind = JsonValue::Kind::list;
  value.items = std::move(items);
  return value;
}

JsonValue object_value(std::vector<std::pair<std::string, JsonValue>> members) {
  JsonValue value;
  value.kind = JsonValue::Kind::object;
  value.members = std::move(members);
  return value;
}

}  // namespace spate
