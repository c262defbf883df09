// spate get: a view, or a list of views.
#include <iostream>

#include "engine/cli/client.hpp"
#include "engine/cli/commands.hpp"

namespace spate::cli {
namespace {

class Get final : public Command {
 public:
  std::string_view name() const override { return "get"; }
  std::string_view summary() const override { return "Show a view, or list the views of a domain"; }
  std::string_view lesson() const override {
    return "With --wait-for a position that an answer carried (`Spate-Position`), the view is at least\n"
           "as new as that answer.\n"
           "Examples:\n"
           "  spate get redemptions -o table\n"
           "  spate get redemptions sale-1\n"
           "  spate get redemptions sale-1/claims --limit 20\n"
           "  spate get orders 'customers/ann' -o yaml";
  }
  std::vector<Option> options() override {
    return {{"DOMAIN", &domain_, "For example redemptions", true},
            {"STREAM", &stream_, "The one to show, and the view below it: sale-1/claims/ann"},
            {"--wait-for", &position_, "A position: what was answered with it is in the view"},
            {"--limit", &limit_, "Of a list: how many at most, 1 to 1000"},
            {"--cursor", &cursor_, "Of a list: where the page before ended (its `next`)"},
            {"--query", &query_, "Further parameters, as state=open&merchant=m-1"},
            server_option(server_),
            output_option(output_)};
  }

  int run(Console& console) override {
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
    // A stream that does not exist is an answer, not a mistake of usage.
    return response->status == 404 && !stream_.empty() ? exit_no : code;
  }

 private:
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
    return query.empty() ? target : target + "?" + query;
  }

  std::string domain_, stream_, position_, cursor_, query_, server_;
  std::string output_ = "json";
  uint64_t limit_ = 0;
};

}  // namespace

std::unique_ptr<Command> get_command() { return std::make_unique<Get>(); }

}  // namespace spate::cli
