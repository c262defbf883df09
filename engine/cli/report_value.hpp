// What verification found as a value, for `-o json|yaml`.
#pragma once
#include "engine/app/replay_verify.hpp"
#include "engine/app/schema_verify.hpp"
#include "engine/codec/json_value.hpp"

namespace spate::cli {

JsonValue value_of(const AuditReport& report);
JsonValue value_of(const ReplayReport& report);
JsonValue value_of(const SchemaReport& report);

/// The report as `output` says: its own text is the table for people.
template <class Report>
void print_report(const Report& report, const std::string& output, std::ostream& out);

}  // namespace spate::cli
