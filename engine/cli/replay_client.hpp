// ReplayClient: how the subcommands of `replay` that need a running server speak to it.
#pragma once
#include <functional>

#include "engine/cli/client.hpp"

namespace spate::cli {

class ReplayClient {
 public:
  ReplayClient(edge::ServerAddress server, Console& console)
      : connection_(std::move(server)), console_(console) {}

  /// The status, or nothing: what is wrong was told, `code` is how to exit.
  bool look(JsonValue& status, int& code);
  bool order(std::string_view order, const std::string& body, JsonValue& status, int& code);
  /// Looks every `every_ms` until `done`, telling each status to `show`.
  bool await(const std::function<bool(const JsonValue&)>& done,
             const std::function<void(const JsonValue&)>& show, int64_t every_ms, JsonValue& status,
             int& code);

 private:
  bool read(const Result<edge::ClientResponse>& response, JsonValue& status, int& code);

  edge::HttpClient connection_;
  Console& console_;
};

/// `orders: folding 1,200,000 of 4,000,000 outcomes (30 %), 410,000/s, 7 s left`.
std::string progress_line(const JsonValue& status);
/// Stage, projections, positions, and what the proof found, for people.
void print_replay(const JsonValue& status, std::ostream& out);
/// Of which version each generation of views is, a line each.
void print_versions(const JsonValue& status, std::ostream& out);

}  // namespace spate::cli
