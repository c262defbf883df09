// What the codec does not know of answers: status of the odd kinds, positions, headers.
#include "engine/edge/answer.hpp"

#include "engine/base/position.hpp"

namespace spate::edge {

using envelope::Kind;

std::string position_token(const OutcomeContext& context, Sequence sequence) {
  return to_token({context.incarnation, {{context.partition, sequence}}});
}

std::optional<Problem> why_undecided(const envelope::Outcome& outcome) {
  if (outcome.kind() == Kind::refused)
    return malformed(FieldFaults{{"", std::string(text_of(outcome.reason()))}});
  if (outcome.kind() != Kind::key_reused) return std::nullopt;
  return Problem{.status = 422,
                 .code = "idempotency_key_reused",
                 .detail = "this key already names another command of this stream; nothing happened",
                 .command_id = to_hex(id_of(outcome.id()))};
}

Response answer_of(const OutcomeContext& context, const envelope::Outcome& outcome) {
  if (const auto problem = why_undecided(outcome)) return to_response(*problem, {}, 0);
  Response response;
  const std::string position = position_token(context, {outcome.sequence()});
  response.status = write_answer(context.domain, outcome, position, response.body);
  if (outcome.kind() == Kind::rejected) response.type = problem_type;
  response.header("Spate-Position", position);
  return response;
}

Response status_of(const OutcomeContext& context, const envelope::Outcome& outcome) {
  Response response;
  response.status = outcome.kind() == Kind::parked ? 202 : 200;
  const std::string position = position_token(context, {outcome.sequence()});
  JsonWriter out(response.body);
  out.begin_object();
  write_outcome(context.domain, outcome, position, out);
  out.end_object();
  response.header("Spate-Position", position).header("Cache-Control", "no-cache");
  return response;
}

void write_undecided(const CommandId& id, JsonWriter& out) {
  out.member("outcome", "pending");
  out.member("command_id", to_hex(id));
}

}  // namespace spate::edge
