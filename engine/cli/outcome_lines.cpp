// A row says in its last cell what the events were, or why there are none.
#include "engine/cli/outcome_lines.hpp"

#include <algorithm>
#include <ostream>

#include "engine/cli/client.hpp"

namespace spate::cli {
namespace {

std::string what_happened(const JsonValue& outcome) {
  std::string text = outcome.text_of("code");
  if (const JsonValue* details = outcome.find("details")) text += " " + cell(details);
  if (const JsonValue* events = outcome.find("events"))
    for (const JsonValue& event : events->items)
      text += (text.empty() ? "" : ", ") + event.text_of("type");
  const std::string reason = outcome.text_of("reason");
  if (!reason.empty()) text += (text.empty() ? "" : ", ") + reason;
  return text;
}

}  // namespace

void OutcomeLines::print(std::string_view json, std::ostream& out) {
  const Result<JsonValue> outcome = output_ == "json" ? stop("", "") : JsonValue::parse(json);
  if (!outcome) {
    out << json << "\n";
  } else if (output_ == "yaml") {
    out << "---\n";
    cli::print(*outcome, output_, out);
  } else {
    if (!named_) print_names(out);
    for (Column& column : columns_) print_cell(cell(outcome->find(column.member)), column, out);
    out << what_happened(*outcome) << "\n";
  }
}

void OutcomeLines::print_names(std::ostream& out) {
  for (Column& column : columns_) print_cell(column.member, column, out);
  out << "what\n";
  named_ = true;
}

void OutcomeLines::print_cell(std::string_view text, Column& column, std::ostream& out) {
  column.width = std::max(column.width, text.size());
  out << text << std::string(column.width - text.size() + 2, ' ');
}

}  // namespace spate::cli
