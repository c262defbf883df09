// The order is given once; whoever ends here leaves it running.
#include "engine/cli/background_order.hpp"

#include <ostream>
#include <thread>

namespace spate::cli {
namespace {
constexpr int64_t order_look_ms = 50;
}

int give(const BackgroundOrder& order, const std::string& server, JsonValue& status,
         Console& console) {
  const Result<edge::ServerAddress> address = server_address(server);
  if (!address) return tell(address.error(), console);
  edge::HttpClient connection(*address);
  auto response = connection.request(
      {"POST", order.target, {{"Content-Type", "application/json"}}, order.wish});
  for (int looks = 0;; ++looks) {
    if (!response && looks > 0) console.err << order.unreachable;
    if (!response) return tell(response.error(), console);
    if (response->status >= 300) return judge(*response, console);
    const auto body = JsonValue::parse(response->body);
    if (!body) return tell(body.error(), console);
    status = *body;
    if (status.text_of("stage") != "running") break;
    if (console.terminal && looks > 0)
      console.err << "\r" << order.progress(status) << "\x1b[K" << std::flush;
    std::this_thread::sleep_for(std::chrono::milliseconds(order_look_ms));
    response = connection.get(order.target);
  }
  if (console.terminal) console.err << "\r\x1b[K";
  return exit_done;
}

int tell_one_or_the_other(Console& console) {
  return tell({"usage", FaultAction::stop,
               "--data is of a stopped server, --server and --rate of a running one: one or the "
               "other"},
              console);
}

}  // namespace spate::cli
