// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
#include "engine/codec/cloud_event.hpp"

#include "engine/codec/body_reader.hpp"
#include "engine/codec/json_document.hpp"

namespace spate {
namespace {

constexpr Place whole_event{};
const Place data_member = whole_event.member("data");

char lowered(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/// RFC 4648 §4, with its padding and without anything else.
bool from_base64(std::string_view text, ByteBuffer& out) {
  if (text.size() % 4 != 0) return false;
  std::size_t padding = 0;
  while (padding < 2 && !text.empty() && text.back() == '=') text.remove_suffix(1), ++padding;
  uint32_t bits = 0;
  int count = 0;
  for (char c : text) {
    const int value = base64_value(c);
    if (value < 0) return false;
    bits = bits << 6 | static_cast<uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    *out.grow(1) = static_cast<uint8_t>(bits >> count);
  }
  return (bits & ((1u << count) - 1)) == 0;
}

struct Attribute {
  std::string_view name;
  std::string_view CloudEvent::* text;
};
constexpr Attribute attributes[] = {
    {"specversion", &CloudEvent::specversion}, {"id", &CloudEvent::id},
    {"source", &CloudEvent::source},           {"type", &CloudEvent::type},
    {"time", &CloudEvent::time},               {"datacontenttype", &CloudEvent::datacontenttype},
    {"traceparent", &CloudEvent::traceparent}};

}  // namespace

bool is_media_type(std::string_view header, std::string_view wanted) {
  if (header == wanted) return true;  // as nearly all senders write it
  header = header.substr(0, header.find(';'));
  while (!header.empty() && (header.front() == ' ' || header.front() == '\t'))
    header.remove_prefix(1);
  while (!header.empty() && (header.back() == ' ' || header.back() == '\t'))
    header.remove_suffix(1);
  if (header.size() != wanted.size()) return false;
  for (std::size_t i = 0; i < header.size(); ++i)
    if (lowered(header[i]) != wanted[i]) return false;
  return true;
}

struct CloudEventReader::State {
  JsonDocument document;
  BodyReader bodies;
  ByteBuffer bytes;
  simdjson::dom::element json;
  Form data = Form::none;

  void take(std::string_view name, simdjson::dom::element value, CloudEvent& event,
            FieldFaults& faults) {
    const Place at = whole_event.member(name);
    if (name == "data" || name == "data_base64") return take_data(name, value, at, faults);
    for (const Attribute& attribute : attributes) {
      if (attribute.name != name) continue;
      std::string_view& text = event.*attribute.text;
      if (text.data() != nullptr)
        add_fault(faults, at, "is given twice");
      else if (!value.is_null() && value.get(text))
        add_fault(faults, at, "must be a string"), text = "";
      return;
    }
  }

  void take_data(std::string_view name, simdjson::dom::element value, const Place& at,
                 FieldFaults& faults) {
    if (data != Form::none) return add_fault(faults, at, "must not be given beside other data");
    data = name == "data" ? Form::json : Form::bytes;
    json = value;
    std::string_view text;
    if (data == Form::bytes && (value.get(text) || !from_base64(text, bytes)))
      add_fault(faults, at, "must be a string of base64 (RFC 4648, section 4)");
  }
};

CloudEventReader::CloudEventReader() : state_(std::make_unique<State>()) {}
CloudEventReader::~CloudEventReader() = default;

bool CloudEventReader::read(std::string_view json, CloudEvent& event, FieldFaults& faults) {
  event = {};
  state_->data = Form::none;
  state_->bytes.clear();
  simdjson::dom::element root;
  simdjson::dom::object members;
  std::string detail;
  const std::size_t before = faults.size();
  if (!state_->document.parse(json, root, detail))
    add_fault(faults, whole_event, std::move(detail));
  else if (root.get(members))
    add_fault(faults, whole_event, "must be a JSON object");
  else
    for (const auto [name, value] : members) state_->take(name, value, event, faults);
  return faults.size() == before;
}

CloudEventReader::Form CloudEventReader::data_form() const { return state_->data; }
Bytes CloudEventReader::data_bytes() const { return state_->bytes; }

std::optional<CommandReader::Parsed> CloudEventReader::read_data(const DomainPlan& domain,
                                                                 const CommandPlan& command,
                                                                 FieldFaults& faults) {
  return state_->bodies.read(domain, command, state_->json, data_member, faults);
}

}  // namespace spate
