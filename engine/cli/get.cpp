// spate get: a view, or a list of views; as it is, or as it was.
#include <iostream>

#include "engine/cli/client.hpp"
#include "engine/cli/commands.hpp"
#include "engine/cli/past_view.hpp"

namespace spate::cli {
namespace {

class Get final : public Command {
 public:
  std::string_view name() const override { return "get"; }
  std::string_view summary() const override { return "Show a view, or list the views of a domain"; }
  std::string_view lesson() const override {
    return "With --wait-for a position that an answer carried (`Spate-Position`), the view is at least\n"
           "as new as that answer. With --as-of a position or a time, a stream's view or items are as\n"
           "they were then: folded from the log, by a server up to a million outcomes of the partition\n"
           "(http.walk_outcomes_max), with --data DIR of a stopped one up to --budget.\n"
           "Examples:\n"
           "  spate get redemptions -o table\n"
           "  spate get redemptions sale-1\n"
           "  spate get redemptions sale-1/claims --limit 20\n"
           "  spate get orders 'customers/ann' -o yaml\n"
           "  spate get redemptions sale-1 --as-of 2026-11-29T18:00:00Z";
  }
  std::vector<Option> options() override {
    return {{"DOMAIN", &domain_, "For example redemptions", true},
            {"STREAM", &stream_, "The one to show, and the view below it: sale-1/claims/ann"},
            {"--wait-for", &position_, "A position: what was answered with it is in the view"},
            {"--limit", &limit_, "Of a list: how many at most, 1 to 1000", false, {}, 1, 1000},
            {"--cursor", &cursor_, "Of a list: where the page before ended (its `next`)"},
            {"--query", &query_, "Further parameters, as state=open&merchant=m-1"},
            {"--as-of", &as_of_, "As it was at a position, or at a time (RFC 3339)"},
            {"--data", &past_.data, "With --as-of: directory of a stopped server"},
            {"--budget", &past_.budget, "With --data: fold so many outcomes at most (100000000)",
             false, {}, 1},
            server_option(server_),
            output_option(output_)};
  }

  int run(Console& console) override {
    if (!past_.data.empty()) return look_back(console);
    const Result<edge::ServerAddress> server = server_address(server_);
    if (!server) return tell(server.error(), console);
    edge::ClientRequest request{"GET", target(), {}, {}};
    if (!position_.empty()) request.headers.emplace_back("Spate-Position", position_);
    const Result<edge::ClientResponse> response = edge::HttpClient(*server).request(request);
    if (!response) return tell(response.error(), console);
    print_body(response->body, output_, console.out);
    const int code = judge(*response, console);
    // The views have not reached --wait-for in time; the answer says where they are.
    const bool waited_in_vain = response->status == 503 && response->header("Spate-Position");
    if (waited_in_vain) return exit_timed_out;
    return is_known_nowhere(*response) ? exit_no : code;
  }

 private:
  /// A stream that does not exist is an answer; a domain or view that does not, a mistake of usage.
  static bool is_known_nowhere(const edge::ClientResponse& response) {
    const Result<JsonValue> body = JsonValue::parse(response.body);
    const std::string code = response.status == 404 && body ? body->text_of("code") : "";
    return code == "unknown_stream" || code == "unknown_item" || code == "unknown_command_id";
  }
  int look_back(Console& console) {
    if (as_of_.empty() || stream_.empty() || !server_.empty() || !position_.empty() ||
        !query_.empty())
      return tell({"usage", FaultAction::stop,
                   "--data goes with STREAM, --as-of, --limit and --cursor alone"},
                  console);
    past_.as_of = as_of_;
    if (limit_ != 0) past_.limit = limit_;
    past_.cursor = cursor_;
    const Result<std::string> body = view_of_the_past(domain_, stream_, past_);
    if (body) {
      print_body(*body, output_, console.out);
      return exit_done;
    }
    const int code = tell(body.error(), console);
    const std::string& fault = body.error().code;
    const bool is_answer = fault == "unknown_stream" || fault == "unknown_item" ||
                           fault == "past_too_far" || fault == "position_unknown";
    return is_answer ? exit_no : code;
  }
  std::string target() const {
    std::string target = "/v1/" + escaped(domain_);
    for (std::size_t at = 0; !stream_.empty() && at <= stream_.size();) {
      const std::size_t end = std::min(stream_.find('/', at), stream_.size());
      target += "/" + escaped(stream_.substr(at, end - at));
      at = end + 1;
    }
    std::string query = query_;
    if (limit_ != 0) query += (query.empty() ? "" : "&") + ("limit=" + std::to_string(limit_));
    if (!cursor_.empty()) query += (query.empty() ? "" : "&") + ("cursor=" + escaped(cursor_));
    if (!as_of_.empty()) query += (query.empty() ? "" : "&") + ("as_of=" + escaped(as_of_));
    return query.empty() ? target : target + "?" + query;
  }

  std::string domain_, stream_, position_, cursor_, query_, as_of_, server_;
  std::string output_ = "json";
  uint64_t limit_ = 0;
  PastRequest past_;
};

}  // namespace

std::unique_ptr<Command> get_command() { return std::make_unique<Get>(); }

}  // namespace spate::cli
