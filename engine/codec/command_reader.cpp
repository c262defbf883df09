// Bodies of requests and lines of batches are parsed; what stands in them is read by BodyReader.
#include "engine/base/text.hpp"
#include "engine/codec/body_reader.hpp"
#include "engine/codec/json_document.hpp"

namespace spate {
namespace {

constexpr Place whole_body{};
const Place body_of_line = whole_body.member("body");

/// In place of what should have been a text: present, and told of already.
constexpr char no_text[] = "";

struct LineMember {
  std::string_view name;
  std::string_view* text;
  bool needed;
};

}  // namespace

struct CommandReader::State {
  JsonDocument document;
  BodyReader bodies;
  JsonDocument empty_document;  // beside `document`: the texts of a line without body stay valid
  simdjson::dom::element empty_object;
  simdjson::dom::element line_body;
  bool line_has_body = false;

  State() {
    std::string detail;
    ENSURE(empty_document.parse("{}", empty_object, detail));
  }

  void take_line_member(std::span<LineMember> members, std::string_view name,
                        simdjson::dom::element value, FieldFaults& faults) {
    const Place at = whole_body.member(name);
    if (name == "body") {
      if (line_has_body) add_fault(faults, at, "is given twice");
      line_body = value;
      line_has_body = true;
      return;
    }
    for (LineMember& member : members) {
      if (member.name != name) continue;
      if (member.text->data() != nullptr)
        add_fault(faults, at, "is given twice");
      else if (value.get(*member.text))
        add_fault(faults, at, "must be a string"), *member.text = {no_text, 0};
      return;
    }
    NearestName nearest(name);
    nearest.offer("body");
    for (const LineMember& member : members) nearest.offer(member.name);
    add_fault(faults, at, "is not a member of this object" + nearest.hint());
  }
};

CommandReader::CommandReader() : state_(std::make_unique<State>()) {}
CommandReader::~CommandReader() = default;

std::optional<CommandReader::Parsed> CommandReader::read(const DomainPlan& domain,
                                                         const CommandPlan& command,
                                                         std::string_view json,
                                                         FieldFaults& faults) {
  simdjson::dom::element body = state_->empty_object;
  std::string detail;
  if (!json.empty() && !state_->document.parse(json, body, detail)) {
    add_fault(faults, whole_body, std::move(detail));
    return std::nullopt;
  }
  return state_->bodies.read(domain, command, body, whole_body, faults);
}

bool CommandReader::read_line(std::string_view json, BatchLine& line, FieldFaults& faults) {
  line = {};
  state_->line_has_body = false;
  simdjson::dom::element root;
  simdjson::dom::object members;
  std::string detail;
  if (!state_->document.parse(json, root, detail)) {
    add_fault(faults, whole_body, std::move(detail));
    return false;
  }
  if (root.get(members)) {
    add_fault(faults, whole_body, "must be a JSON object");
    return false;
  }
  LineMember known[] = {{"domain", &line.domain, true},
                        {"stream", &line.stream, true},
                        {"command", &line.command, true},
                        {"id", &line.id, false}};
  const std::size_t before = faults.size();
  for (const auto [name, value] : members) state_->take_line_member(known, name, value, faults);
  for (const LineMember& member : known)
    if (member.needed && member.text->data() == nullptr)
      add_fault(faults, whole_body.member(member.name), "is missing");
  const auto is_text = [](std::string_view s) {
    return s.data() != nullptr && s.data() != no_text;
  };
  if (is_text(line.stream) && !is_ident(line.stream))
    add_fault(faults, whole_body.member("stream"),
              "must be 1..128 bytes without white space, control characters or '/'");
  if (is_text(line.id) && !is_command_key(line.id))
    add_fault(faults, whole_body.member("id"),
              "must be 1..255 visible ASCII characters without quote, comma, semicolon, backslash");
  return faults.size() == before;
}

std::optional<CommandReader::Parsed> CommandReader::read_body(const DomainPlan& domain,
                                                              const CommandPlan& command,
                                                              FieldFaults& faults) {
  const auto body = state_->line_has_body ? state_->line_body : state_->empty_object;
  return state_->bodies.read(domain, command, body, body_of_line, faults);
}

}  // namespace spate
