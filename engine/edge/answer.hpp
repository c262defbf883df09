// Answers to commands: stored outcomes, rendered by the codec, with the headers that go with them.
#pragma once
#include "engine/api/envelope.hpp"
#include "engine/codec/outcome_json.hpp"
#include "engine/edge/problem.hpp"

namespace spate::edge {

/// Where an outcome lies and in whose words it is told.
struct OutcomeContext {
  const DomainPlan& domain;
  PartitionId partition;
  uint64_t incarnation = 0;
};

/// The position token an answer carries.
std::string position_token(const OutcomeContext& context, Sequence sequence);

/// The answer to a command: 200, 202 (parked), 409, 412, 422, 400. `Spate-Position` is set.
Response answer_of(const OutcomeContext& context, const envelope::Outcome& outcome);

/// What the status page says: 200 for both answers, 202 while parked.
Response status_of(const OutcomeContext& context, const envelope::Outcome& outcome);

/// Members of a command that is not decided yet.
void write_undecided(const CommandId& id, JsonWriter& out);

/// Of an outcome that is no decision: its key names another command already, or it is none that may
/// be decided. Nothing happened.
std::optional<Problem> why_undecided(const envelope::Outcome& outcome);

}  // namespace spate::edge
