// Which members are known is said by reading them.
#include "engine/app/wish.hpp"

#include <algorithm>

#include "engine/base/text.hpp"

namespace spate {
namespace {

using Kind = JsonValue::Kind;

bool is_word(const JsonValue& value) {
  return value.kind == Kind::text && !value.text.empty() &&
         value.text.find_first_of(" \n\t\r") == std::string::npos;
}

}  // namespace

Wish::Wish(std::string_view body) {
  Result<JsonValue> value = JsonValue::parse(body.empty() ? "{}" : body);
  is_object_ = value && value->kind == Kind::object;
  if (is_object_)
    value_ = std::move(*value);
  else
    fault(whole_payload, "must be a JSON object");
}

const JsonValue* Wish::find(std::string_view name) {
  known_.push_back(name);
  return is_object_ ? value_.find(name) : nullptr;
}

void Wish::read(std::string_view name, bool& truth) {
  const JsonValue* value = find(name);
  if (value == nullptr) return;
  if (value->kind != Kind::boolean) return fault(whole_payload.member(name), "must be true or false");
  truth = value->boolean;
}

void Wish::read(std::string_view name, std::string& text) {
  const JsonValue* value = find(name);
  if (value == nullptr) return;
  if (value->kind != Kind::text) return fault(whole_payload.member(name), "must be a text");
  text = value->text;
}

void Wish::read(std::string_view name, uint64_t& number, uint64_t min, uint64_t max) {
  const JsonValue* value = find(name);
  if (value == nullptr) return;
  const auto given = static_cast<uint64_t>(value->integer);
  if (value->kind != Kind::integer || value->integer < 0 || given < min || given > max)
    return fault(whole_payload.member(name),
                 "must be " + std::to_string(min) + ".." + std::to_string(max));
  number = given;
}

void Wish::read(std::string_view name, std::vector<std::string>& words) {
  const JsonValue* value = find(name);
  if (value == nullptr) return;
  if (value->kind != Kind::list || !std::all_of(value->items.begin(), value->items.end(), is_word))
    return fault(whole_payload.member(name), "must be an array of names");
  words.clear();
  for (const JsonValue& item : value->items) words.push_back(item.text);
}

void Wish::fault(const Place& place, std::string detail) {
  const std::string pointer = to_pointer(place);
  for (const FieldFault& told : faults_)
    if (told.pointer == pointer) return;
  add_fault(faults_, place, std::move(detail));
}

FieldFaults Wish::end() {
  for (const auto& [name, value] : value_.members) {
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
    NearestName near(name);
    for (const std::string_view known : known_) near.offer(known);
    fault(whole_payload.member(name), "is not known here" + near.hint());
  }
  return std::move(faults_);
}

}  // namespace spate
