// History as JSON: what became of a command, and who wished what, in one object.
#pragma once
#include "engine/codec/outcome_json.hpp"

namespace spate {

/// `{stream, command}`, the members of `write_outcome`, then, as far as there are any: `reason`
/// (why it was parked, refused or controlled), `redriven`, and of `wish`, null where the log does
/// not keep it: `sender`, `key`, `received_at`, `expected_version`, `traceparent`, `body` (as an
/// event: defaults filled in, secrets left out).
void write_history(const DomainPlan& domain, const envelope::Outcome& outcome,
                   const envelope::Command* wish, std::string_view position, JsonWriter& out);

}  // namespace spate
