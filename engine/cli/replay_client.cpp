// Requests to /admin/replay, and their answers in words.
#include "engine/cli/replay_client.hpp"

#include <cmath>
#include <cstdio>
#include <ostream>
#include <thread>

namespace spate::cli {
namespace {

std::string rounded(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.0f", number);
  return text;
}

double number_of(const JsonValue& value, std::string_view name) {
  const JsonValue* member = value.find(name);
  if (member == nullptr) return -1;
  if (member->kind == JsonValue::Kind::integer) return static_cast<double>(member->integer);
  return member->kind == JsonValue::Kind::number ? member->number : -1;
}

std::string names_of(const JsonValue& status) {
  std::string names;
  if (const JsonValue* list = status.find("projections"))
    for (const JsonValue& name : list->items) names += (names.empty() ? "" : ", ") + name.text;
  return names;
}

void print_example(const JsonValue& example, std::ostream& out) {
  out << "    " << example.text_of("kind") << " " << example.text_of("key");
  if (const JsonValue* fields = example.find("fields"))
    for (const JsonValue& field : fields->items)
      out << "  " << field.text_of("field") << ": " << cell(field.find("old")) << " -> "
          << cell(field.find("new"));
  out << "\n";
}

void print_difference(const JsonValue& view, std::ostream& out) {
  const auto count = [&](std::string_view name) { return std::to_string(view.integer_of(name)); };
  out << "  " << view.text_of("projection") << " " << view.text_of("view") << ": " << count("same")
      << " the same, " << count("changed") << " changed, " << count("only_old") << " only in the old, "
      << count("only_new") << " only in the new"
      << (view.text_of("old_digest") == view.text_of("new_digest") ? ", digests equal\n" : "\n");
  if (const JsonValue* fields = view.find("fields"))
    for (const auto& [name, changes] : fields->members)
      out << "    field '" << name << "' differs in " << cell(&changes) << "\n";
  if (const JsonValue* examples = view.find("examples"))
    for (const JsonValue& example : examples->items) print_example(example, out);
}

void print_pause(const JsonValue& status, std::ostream& out) {
  const double pause = number_of(status, "switch_pause_ms");
  if (pause < 0) return;
  char text[64];
  std::snprintf(text, sizeof text, "views stood still for %.1f ms\n", pause);
  out << text;
}

}  // namespace

bool ReplayClient::read(const Result<edge::ClientResponse>& response, JsonValue& status,
                        int& code) {
  if (!response) return code = tell(response.error(), console_), false;
  const Result<JsonValue> body = JsonValue::parse(response->body);
  if (response->status >= 300) {
    code = judge(*response, console_);
    // Not the server is missing, but room beside its data.
    if (body && body->text_of("code") == "storage_full") code = exit_usage;
    return false;
  }
  if (!body) return code = tell(body.error(), console_), false;
  status = *body;
  return true;
}

bool ReplayClient::look(JsonValue& status, int& code) {
  return read(connection_.get("/admin/replay"), status, code);
}

bool ReplayClient::order(std::string_view order, const std::string& body, JsonValue& status,
                         int& code) {
  const std::string target = "/admin/replay/" + std::string(order);
  return read(connection_.request(
                  {"POST", target, {{"Content-Type", "application/json"}}, body}),
              status, code);
}

bool ReplayClient::await(const std::function<bool(const JsonValue&)>& done,
                         const std::function<void(const JsonValue&)>& show, int64_t every_ms,
                         JsonValue& status, int& code) {
  for (;;) {
    if (!look(status, code)) return false;
    const JsonValue* ordered = status.find("ordered");
    const bool is_pending = ordered != nullptr && ordered->boolean;
    if (!is_pending && done(status)) return true;
    show(status);
    std::this_thread::sleep_for(std::chrono::milliseconds(every_ms));
  }
}

std::string progress_line(const JsonValue& status) {
  const double folded = number_of(status, "folded"), outcomes = number_of(status, "outcomes");
  std::string line = names_of(status) + ": " + status.text_of("stage");
  const JsonValue* paused = status.find("paused");
  if (paused != nullptr && paused->boolean) line += " (paused)";
  line += ", " + rounded(folded) + " of " + rounded(outcomes) + " outcomes";
  if (outcomes > 0) line += " (" + rounded(std::floor(100 * folded / outcomes)) + " %)";
  const double rate = number_of(status, "outcomes_per_second");
  const double left = number_of(status, "eta_seconds");
  if (rate > 0) line += ", " + rounded(rate) + "/s";
  if (left >= 0) line += ", " + rounded(std::ceil(left)) + " s left";
  const std::string waiting = status.text_of("waiting");
  return waiting.empty() ? line : line + "; waits: " + waiting;
}

void print_replay(const JsonValue& status, std::ostream& out) {
  const std::string stage = status.text_of("stage"), last = status.text_of("last");
  if (stage == "none") {
    out << "no rebuild" << (last.empty() ? "" : "; the last one was " + last) << "\n";
    return;
  }
  if (stage == "leaving") {
    out << last << ": what is no longer needed is being removed\n";
    return print_pause(status, out);
  }
  out << progress_line(status) << "\n";
  if (const JsonValue* parts = status.find("partitions"))
    for (const JsonValue& part : parts->items)
      if (part.integer_of("outcomes") > 0)
        out << "  " << part.text_of("partition") << " at " << part.integer_of("folded") << " of "
            << part.integer_of("outcomes") << "\n";
  if (const JsonValue* report = status.find("report"); report && !report->members.empty()) {
    const JsonValue* same = report->find("same");
    out << "proof: " << (same && same->boolean ? "nothing differs\n" : "they differ\n");
    if (const JsonValue* views = report->find("views"))
      for (const JsonValue& view : views->items) print_difference(view, out);
  }
  if (const std::string reason = status.text_of("reason"); !reason.empty()) out << reason << "\n";
  print_pause(status, out);
  if (stage == "ready") out << "next: spate replay switch, or spate replay cancel\n";
  if (stage == "switched") out << "next: spate replay commit, or spate replay rollback\n";
  if (stage == "failed") out << "next: spate replay cancel\n";
}

void print_versions(const JsonValue& status, std::ostream& out) {
  const JsonValue* list = status.find("views");
  if (list == nullptr) return;
  for (const JsonValue& views : list->items) {
    const std::string version = views.text_of("version"), now = views.text_of("binary_has");
    out << views.text_of("projection") << ": generation " << views.integer_of("generation") << " ("
        << views.text_of("role") << ") is of version " << version;
    if (now != version)
      out << ", this binary has " << now << ": outdated, it shows no new outcomes";
    out << "\n";
  }
}

}  // namespace spate::cli
