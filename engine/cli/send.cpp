// spate send: one command, and what became of it.
#include <iostream>
#include <iterator>

#include "engine/cli/client.hpp"
#include "engine/cli/commands.hpp"

namespace spate::cli {
namespace {

constexpr int64_t wait_s_max = 30;
constexpr int64_t grace_ms = 10'000;  // beyond the wait: then the server hangs

class Send final : public Command {
 public:
  std::string_view name() const override { return "send"; }
  std::string_view summary() const override { return "Send one command and show what became of it"; }
  std::string_view lesson() const override {
    return "The answer is yes with the events (exit 0) or no with the reason (exit 1). With --id the\n"
           "command happens at most once, however often it is sent: the answer stays the first.\n"
           "Examples:\n"
           "  spate send redemptions sale-1 open '{\"stock\":100}'\n"
           "  spate send redemptions sale-1 redeem '{\"claimant\":\"ann\"}' --id order-77\n"
           "  jq -c . body.json | spate send orders o-1 place -\n"
           "  curl SERVER/v1    lists domains, their commands and views";
  }
  std::vector<Option> options() override {
    return {{"DOMAIN", &domain_, "For example redemptions", true},
            {"STREAM", &stream_, "The one campaign, order, … it is for", true},
            {"COMMAND", &command_, "For example redeem", true},
            {"JSON", &json_, "The command's fields; - reads them from standard input"},
            {"--id", &id_, "Idempotency key; without one the server makes one up"},
            {"--wait", &wait_s_, "Seconds to wait for the outcome, at most 30", false, {}, 1, wait_s_max},
            {"--async", &async_, "Come back as soon as the command is durable"},
            server_option(server_),
            output_option(output_)};
  }

  int run(Console& console) override {
    const Result<edge::ServerAddress> server = server_address(server_);
    if (!server) return tell(server.error(), console);
    edge::ClientLimits limits;
    const int64_t wait_s = wait_s_ == 0 ? wait_s_max : static_cast<int64_t>(wait_s_);
    limits.request_ms_max = wait_s * 1'000 + grace_ms;
    edge::HttpClient client(*server, limits);
    const Result<edge::ClientResponse> response = client.request(request(console));
    if (!response) return tell(response.error(), console);
    print_body(response->body, output_, console.out);
    const int code = judge(*response, console);
    return async_ && response->status == 202 && code == exit_timed_out ? exit_done : code;
  }

 private:
  edge::ClientRequest request(Console& console) const {
    edge::ClientRequest request;
    request.method = "POST";
    request.target = "/v1/" + escaped(domain_) + "/" + escaped(stream_) + "/" + escaped(command_);
    request.headers = {{"Content-Type", "application/json"}};
    if (!id_.empty()) request.headers.emplace_back("Idempotency-Key", id_);
    if (async_) request.headers.emplace_back("Prefer", "respond-async");
    else if (wait_s_ != 0) request.headers.emplace_back("Prefer", "wait=" + std::to_string(wait_s_));
    request.body = json_ == "-" ? std::string(std::istreambuf_iterator<char>(console.in), {}) : json_;
    return request;
  }

  std::string domain_, stream_, command_, json_, id_, server_;
  std::string output_ = "json";
  uint64_t wait_s_ = 0;
  bool async_ = false;
};

}  // namespace

std::unique_ptr<Command> send_command() { return std::make_unique<Send>(); }

}  // namespace spate::cli
