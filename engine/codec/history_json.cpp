// The wish is written behind what became of it: that is what people look for first.
#include "engine/codec/history_json.hpp"

#include "engine/api/envelope.hpp"

namespace spate {
namespace {

using envelope::Kind;

void write_text(std::string_view name, const flatbuffers::String* text, JsonWriter& out) {
  if (text != nullptr && text->size() > 0) out.member(name, text_of(text));
}

/// A refused one may be anything; that of a discarded command was fit to be decided once.
bool has_readable_body(const envelope::Outcome& outcome, const envelope::Command& wish) {
  return wish.codec() == envelope::Codec::flatbuffers && wish.payload() != nullptr &&
         wish.control() == envelope::Control::none &&
         (outcome.kind() != Kind::refused || outcome.origin() != 0);
}

void write_wish(const DomainPlan& domain, const envelope::Outcome& outcome,
                const envelope::Command& wish, JsonWriter& out) {
  write_text("sender", wish.sender(), out);
  write_text("key", wish.sender_key(), out);
  Rfc3339Buffer buffer;
  if (wish.received_at() > 0)
    out.member("received_at", to_rfc3339(Instant{wish.received_at()}, buffer));
  if (wish.expected_version()) out.member("expected_version", *wish.expected_version());
  write_text("traceparent", wish.traceparent(), out);
  const CommandPlan* command = domain.command(wish.type());
  if (command == nullptr || !has_readable_body(outcome, wish)) return;
  out.key("body");
  out.begin_object();
  write_fields(*command->table, bytes_of(wish.payload()), nullptr, out);
  out.end_object();
}

}  // namespace

void write_history(const DomainPlan& domain, const envelope::Outcome& outcome,
                   const envelope::Command* wish, std::string_view position, JsonWriter& out) {
  const CommandPlan* command = domain.command(outcome.command_type());
  out.begin_object();
  out.member("stream", text_of(outcome.stream()));
  if (outcome.kind() == Kind::controlled)  // a command of the engine's own
    out.member("command", text_of(outcome.reason()).starts_with("discard") ? "discard" : "redrive");
  else
    out.member("command", command == nullptr ? std::string_view("unknown") : command->name());
  write_outcome(domain, outcome, position, out);
  write_text("reason", outcome.reason(), out);
  if (outcome.origin() != 0) out.member("redriven", true);
  if (wish != nullptr) write_wish(domain, outcome, *wish, out);
  out.end_object();
}

}  // namespace spate
