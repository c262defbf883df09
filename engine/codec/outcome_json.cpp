// Written without allocating beyond the output: duplicates are rendered again and again.
#include "engine/codec/outcome_json.hpp"

#include <array>

#include "engine/api/envelope.hpp"
#include "engine/codec/problem_page.hpp"

namespace spate {
namespace {

using envelope::Kind;

void write_id(const envelope::Id* id, JsonWriter& out) {
  std::array<char, 32> text;
  const CommandId value = id_of(id);
  for (unsigned i = 0; i < 16; ++i) {
    text[15 - i] = "0123456789abcdef"[value.hi >> (4 * i) & 15];
    text[31 - i] = "0123456789abcdef"[value.lo >> (4 * i) & 15];
  }
  out.member("command_id", std::string_view(text.data(), text.size()));
}

void write_identity(const envelope::Outcome& outcome, std::string_view position, JsonWriter& out) {
  write_id(outcome.id(), out);
  out.member("position", position);
  Rfc3339Buffer buffer;
  out.member("at", to_rfc3339(Instant{outcome.time()}, buffer));
}

void write_details(const envelope::Outcome& outcome, JsonWriter& out) {
  if (outcome.details() == nullptr || outcome.details()->size() == 0) return;
  out.key("details");
  out.begin_object();
  for (const envelope::Detail* detail : *outcome.details()) {
    out.key(text_of(detail->name()));
    write_json_integer(detail->value(), out);
  }
  out.end_object();
}

int write_problem(const DomainPlan& domain, const envelope::Outcome& outcome,
                  std::string_view position, JsonWriter& out) {
  static const RejectionPlan unknown{0, "unknown", "", "Unknown", "/problems/unknown"};
  const RejectionPlan* found = domain.rejection(outcome.rejection());
  const RejectionPlan& rejection = found == nullptr ? unknown : *found;
  const int status = rejection_status(rejection);
  out.member("type", rejection.type);
  out.member("title", rejection.title);
  out.member("status", status);
  if (!rejection.doc.empty()) out.member("detail", rejection.doc);
  out.member("code", rejection.name);
  out.member("outcome", "rejected");
  write_identity(outcome, position, out);
  write_details(outcome, out);
  return status;
}

}  // namespace

std::string_view outcome_word(const envelope::Outcome& outcome) {
  switch (outcome.kind()) {
    case Kind::accepted:
      return "accepted";
    case Kind::rejected:
      return "rejected";
    case Kind::parked:
      return "parked";
    case Kind::key_reused:
      return "key_reused";
    case Kind::controlled:
      return "controlled";
    default:
      return "invalid";
  }
}

std::string_view outcome_label(const DomainPlan& domain, const envelope::Outcome& outcome) {
  if (outcome.kind() == Kind::rejected) return domain.rejection_name(outcome.rejection());
  return outcome_word(outcome);
}

void write_outcome(const DomainPlan& domain, const envelope::Outcome& outcome,
                   std::string_view position, JsonWriter& out) {
  out.member("outcome", outcome_word(outcome));
  write_identity(outcome, position, out);
  if (outcome.kind() == Kind::accepted) write_events(domain, outcome, out);
  if (outcome.kind() != Kind::rejected) return;
  out.member("code", domain.rejection_name(outcome.rejection()));
  write_details(outcome, out);
}

int write_answer(const DomainPlan& domain, const envelope::Outcome& outcome,
                 std::string_view position, std::string& body) {
  ENSURE(outcome.kind() == Kind::accepted || outcome.kind() == Kind::rejected ||
         outcome.kind() == Kind::parked);
  JsonWriter out(body);
  int status = outcome.kind() == Kind::parked ? 202 : 200;
  out.begin_object();
  if (outcome.kind() == Kind::rejected)
    status = write_problem(domain, outcome, position, out);
  else
    write_outcome(domain, outcome, position, out);
  out.end_object();
  return status;
}

}  // namespace spate
