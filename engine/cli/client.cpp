// How answers of the server become exit codes and words.
#include "engine/cli/client.hpp"

#include <cstdlib>
#include <ostream>

#include "engine/edge/path.hpp"

namespace spate::cli {
namespace {

/// `title`, `detail`, each of `errors` and the reason of a rejection, one line each.
void tell_problem(const JsonValue& problem, std::ostream& err) {
  err << problem.text_of("code", "problem") << ": " << problem.text_of("title");
  const std::string detail = problem.text_of("detail");
  if (!detail.empty()) err << ": " << detail;
  err << "\n";
  if (const JsonValue* errors = problem.find("errors"))
    for (const JsonValue& fault : errors->items) {
      for (const char* place : {"pointer", "parameter", "header"})
        if (fault.find(place) != nullptr) err << "  " << place << " '" << fault.text_of(place) << "': ";
      err << fault.text_of("detail") << "\n";
    }
}

}  // namespace

Option server_option(std::string& server) {
  return {"--server", &server, "Address of the server; else SPATE_SERVER, else http://127.0.0.1:8080"};
}

Result<edge::ServerAddress> server_address(const std::string& given) {
  if (!given.empty()) return edge::parse_server_address(given);
  const char* variable = std::getenv("SPATE_SERVER");
  return edge::parse_server_address(variable != nullptr && *variable != '\0' ? variable
                                                                              : "http://127.0.0.1:8080");
}

std::string escaped(std::string_view segment) { return edge::percent_encoded(segment); }

int judge(const edge::ClientResponse& response, Console& console) {
  const Result<JsonValue> body = JsonValue::parse(response.body);
  if (response.status == 202) {
    const std::string outcome = body ? body->text_of("outcome") : "";
    const std::string* location = response.header("Location");
    console.err << (outcome == "parked" ? "parked: it is kept, and decided after a repair"
                                        : "pending: it is durable and not decided yet");
    if (location != nullptr) console.err << "; ask again: curl SERVER" << *location;
    console.err << "\n";
    return outcome == "parked" ? exit_no : exit_timed_out;
  }
  if (response.status < 400) return exit_done;
  if (body) tell_problem(*body, console.err);
  else console.err << "the server answered " << response.status << "\n";
  if (response.status == 409 || response.status == 412 || response.status == 422) return exit_no;
  return response.status >= 500 ? exit_unreachable : exit_usage;
}

}  // namespace spate::cli
