// Outcomes as JSON: one rendering for single answers, batch lines, the status URL and tail (D3).
#pragma once
#include "engine/codec/json.hpp"

namespace spate {

/// `accepted`, `rejected`, `parked`, `key_reused`, `controlled`, or `invalid` (refused).
std::string_view outcome_word(const envelope::Outcome& outcome);

/// What metrics count: the word, or the rejection's name.
std::string_view outcome_label(const DomainPlan& domain, const envelope::Outcome& outcome);

/// Members `outcome, command_id, position, at` and then `events` or `code, details` (when there
/// are any). Nothing here depends on the request, the clock or the machine: the same outcome gives
/// the same bytes whenever it is rendered.
void write_outcome(const DomainPlan& domain, const envelope::Outcome& outcome,
                   std::string_view position, JsonWriter& out);

/// The answer to a single command, as a whole body appended to `body`. Requires: accepted,
/// rejected or parked. Returns its status: 200, 409, 412, 202; 409 and 412 are problems (RFC 9457).
int write_answer(const DomainPlan& domain, const envelope::Outcome& outcome,
                 std::string_view position, std::string& body);

}  // namespace spate
