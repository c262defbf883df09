// spate replay rebuild: folds projections anew beside the ones that serve, and shows how it goes.
#include <ostream>

#include "engine/cli/commands.hpp"
#include "engine/cli/replay_client.hpp"

namespace spate::cli {
namespace {

constexpr int64_t rebuild_look_ms = 200;
constexpr int lines_apart = 25;  // without a terminal: a line every five seconds

class ReplayRebuild final : public Command {
 public:
  std::string_view name() const override { return "replay rebuild"; }
  std::string_view summary() const override {
    return "Fold projections anew on a running server, prove them, move readers";
  }
  std::string_view lesson() const override {
    return "A new generation of the views is folded from the first outcome while the old one serves.\n"
           "Then both are compared at one position, view by view and field by field. When nothing\n"
           "differs, or only what was expected to, readers move to the new one without a gap or a\n"
           "step back; the old one is kept and followed until `spate replay commit`.\n"
           "When something differs: --expect-same and --expect-changed fail the rebuild; without\n"
           "them it waits for `spate replay switch` or `spate replay cancel`; --expect-any moves\n"
           "readers whatever differs.\n"
           "After a change of a projection (its `version` or its views in the schema) the views that\n"
           "were folded before serve as they are, and show no new outcomes, until this has run.\n"
           "Ctrl-C leaves it running: `spate replay status` looks at it again.\n"
           "Exit 0 when readers have moved (or --hold and nothing differs), 1 when they have not.\n"
           "Examples:\n"
           "  spate replay rebuild orders\n"
           "  spate replay rebuild --all --expect-same --budget 60\n"
           "  spate replay rebuild quizzes --expect-changed quiz.mean --examples 3 -o json";
  }
  std::vector<Option> options() override {
    return {{"PROJECTION", &projections_, "Those to rebuild; each bears its domain's name"},
            {"--all", &all_, "All of them"},
            {"--expect-same", &expect_same_, "Any difference fails the rebuild"},
            {"--expect-any", &expect_any_, "Readers move whatever the proof finds"},
            {"--expect-changed", &expect_changed_,
             "Fields that may differ, as `total` or `order.total`; anything else fails it"},
            {"--hold", &hold_, "Do not move readers, whatever the proof says"},
            {"--budget", &budget_, "Percent of one core and quarter MiBs a second to write, 1 to 99; 100: all",
             false, {}, 1, 100},
            {"--examples", &examples_, "Examples to keep of each view and kind of difference"},
            {"--detach", &detach_, "Return as soon as it has begun"},
            server_option(server_),
            output_option(output_)};
  }

  int run(Console& console) override {
    if (projections_.empty() != all_)
      return tell({"usage", FaultAction::stop,
                   all_ ? "name projections or give --all, not both"
                        : "which projections? Name them, or give --all"},
                  console);
    const Result<edge::ServerAddress> server = server_address(server_);
    if (!server) return tell(server.error(), console);
    ReplayClient client(*server, console);
    JsonValue status;
    int code = exit_done;
    if (!client.order("rebuild", wish(), status, code)) return code;
    const auto is_over = [](const JsonValue& now) {
      const std::string stage = now.text_of("stage");
      return stage == "ready" || stage == "switched" || stage == "failed" || stage == "none";
    };
    // Not before it has begun: an order that only lies in the server's queue ends with the server.
    const auto is_enough = [&](const JsonValue& now) { return detach_ || is_over(now); };
    if (!client.await(is_enough, [&](const JsonValue& now) { show(now, console); }, rebuild_look_ms,
                      status, code))
      return code;
    if (console.terminal && shown_ > 0) console.err << "\r\x1b[K";
    if (output_ == "table") print_replay(status, console.out);
    else print(status, output_, console.out);
    return detach_ ? exit_done : verdict(status);
  }

 private:
  std::string wish() const {
    std::string json;
    JsonWriter out(json);
    const auto names = [&](std::string_view key, const std::vector<std::string>& list) {
      if (list.empty()) return;
      out.key(key);
      out.begin_array();
      for (const std::string& name : list) out.string(name);
      out.end_array();
    };
    out.begin_object();
    names("projections", projections_);
    names("expect_changed", expect_changed_);
    if (expect_same_) out.member("expect_same", true);
    if (expect_any_) out.member("expect_any", true);
    if (hold_) out.member("hold", true);
    if (budget_ != 0) out.member("budget_percent", budget_);
    out.member("examples", examples_);
    out.end_object();
    return json;
  }

  void show(const JsonValue& status, Console& console) {
    if (!console.terminal && shown_++ % lines_apart != 0) return;
    if (console.terminal) ++shown_;
    console.err << (console.terminal ? "\r" : "") << progress_line(status)
                << (console.terminal ? "\x1b[K" : "\n") << std::flush;
  }

  int verdict(const JsonValue& status) const {
    const std::string stage = status.text_of("stage");
    if (stage == "switched") return exit_done;
    const JsonValue* report = status.find("report");
    const JsonValue* same = report == nullptr ? nullptr : report->find("same");
    return stage == "ready" && same != nullptr && same->boolean ? exit_done : exit_no;
  }

  std::vector<std::string> projections_, expect_changed_;
  bool all_ = false, expect_same_ = false, expect_any_ = false, hold_ = false, detach_ = false;
  uint64_t budget_ = 0, examples_ = 10;
  int shown_ = 0;
  std::string server_, output_ = "table";
};

}  // namespace

std::unique_ptr<Command> replay_rebuild_command() { return std::make_unique<ReplayRebuild>(); }

}  // namespace spate::cli
