// spate replay status|pause|resume|switch|cancel|commit|rollback: a rebuild that is under way.
#include <ostream>

#include "engine/cli/commands.hpp"
#include "engine/cli/replay_client.hpp"

namespace spate::cli {
namespace {

constexpr int64_t switch_look_ms = 5;

/// An order as the server knows it, and when it is carried out.
struct Order {
  std::string_view name;
  std::string_view summary;
  std::string_view lesson;
  bool (*done)(const JsonValue& status);
};

bool is_stage(const JsonValue& status, std::string_view stage) {
  return status.text_of("stage") == stage;
}
bool is_paused(const JsonValue& status) {
  const JsonValue* paused = status.find("paused");
  return paused != nullptr && paused->boolean;
}
bool is_over(const JsonValue& status) {
  return is_stage(status, "none") || is_stage(status, "leaving");
}

constexpr Order orders[] = {
    {"status", "Show how a rebuild is going, what its proof found, and the versions of all views",
     "Each generation of a projection's views is of a version: the number in the projection's file\n"
     "and how the digest of its views' schema begins, as 2-9f3c01d2.\n"
     "Exit 0; 1 when the rebuild failed.\nExample:\n  spate replay status -o json",
     [](const JsonValue&) { return true; }},
    {"pause", "Let a rebuild rest, also over a restart of the server",
     "Example:\n  spate replay pause", is_paused},
    {"resume", "Go on with a rebuild that rests", "Example:\n  spate replay resume",
     [](const JsonValue& status) { return !is_paused(status); }},
    {"switch", "Move readers to a rebuild that is proven and waits",
     "For who has read the report of a rebuild that found differences, or was held.\n"
     "Example:\n  spate replay switch",
     [](const JsonValue& status) {
       return is_stage(status, "switched") || is_stage(status, "failed") ||
              is_stage(status, "ready");
     }},
    {"cancel", "End a rebuild before readers have moved; nothing of it is left",
     "Example:\n  spate replay cancel", is_over},
    {"commit", "Forget the generation from which readers have moved",
     "Until then it is kept and followed, and `spate replay rollback` goes back to it at once.\n"
     "Example:\n  spate replay commit",
     is_over},
    {"rollback", "Move readers back to the generation before; the new one is removed",
     "Without a gap or a step back, as forth.\nExample:\n  spate replay rollback",
     [](const JsonValue& status) { return is_over(status) || is_stage(status, "switched"); }},
};

class ReplayOrder final : public Command {
 public:
  explicit ReplayOrder(const Order& order)
      : order_(order), name_("replay " + std::string(order.name)) {}
  std::string_view name() const override { return name_; }
  std::string_view summary() const override { return order_.summary; }
  std::string_view lesson() const override { return order_.lesson; }
  std::vector<Option> options() override {
    return {server_option(server_), output_option(output_)};
  }

  int run(Console& console) override {
    const Result<edge::ServerAddress> server = server_address(server_);
    if (!server) return tell(server.error(), console);
    ReplayClient client(*server, console);
    JsonValue status;
    int code = exit_done;
    if (order_.name != "status" && !client.order(order_.name, "{}", status, code)) return code;
    if (!client.await(order_.done, [](const JsonValue&) {}, switch_look_ms, status, code))
      return code;
    if (output_ == "table") {
      print_replay(status, console.out);
      if (order_.name == "status") print_versions(status, console.out);
    }
    else print(status, output_, console.out);
    const bool stayed = (order_.name == "switch" && !is_stage(status, "switched")) ||
                        (order_.name == "rollback" && !is_over(status));
    return stayed || is_stage(status, "failed") ? exit_no : exit_done;
  }

 private:
  const Order& order_;
  const std::string name_;
  std::string server_, output_ = "table";
};

}  // namespace

std::vector<std::unique_ptr<Command>> replay_order_commands() {
  std::vector<std::unique_ptr<Command>> all;
  for (const Order& order : orders) all.push_back(std::make_unique<ReplayOrder>(order));
  return all;
}

}  // namespace spate::cli
