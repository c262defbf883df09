// spate replay fork: decides the commands behind a point of the past once more, in a sandbox.
#include <chrono>
#include <fstream>
#include <ostream>

#include "engine/app/fork.hpp"
#include "engine/cli/client.hpp"
#include "engine/cli/commands.hpp"
#include "engine/cli/snapshot_text.hpp"

namespace spate::cli {
namespace {

constexpr std::string_view beginning = "beginning";

class ReplayFork final : public Command {
 public:
  std::string_view name() const override { return "replay fork"; }
  std::string_view summary() const override {
    return "What if: decide the commands behind a point once more, in a sandbox";
  }
  std::string_view lesson() const override {
    return "Takes the log of a snapshot as it was at --at into the new directory --into, puts in the\n"
           "commands of --commands, then all that came later, with the stamps and ids they had and as\n"
           "--set edits them, and has them decided by this binary or by --binary. Then it tells what\n"
           "became of them that had not: who would have been served, who refused. The snapshot is only\n"
           "read, and no server is asked: `spate snapshot create` first. The sandbox is a directory like\n"
           "any other: serve it to look at its views. Without a change nothing differs.\n"
           "Exit 0 when it was told, whatever differs; 1 the snapshot is damaged; 2 it cannot be.\n"
           "Examples:\n"
           "  spate replay fork /backup/spate --at 2026-11-29T18:00:00Z --into ./what-if --set open.stock=500\n"
           "  spate replay fork /backup/spate --at beginning --into ./what-if --set open.stock=500\n"
           "  spate replay fork /backup/spate --at POSITION --into ./what-if --commands more.ndjson\n"
           "  spate replay fork /backup/spate --at POSITION --into ./what-if --binary ./spate-next";
  }
  std::vector<Option> options() override {
    return {{"DIR", &order_.folder, "Directory of snapshots", true},
            {"--at", &at_, "A position, a time (RFC 3339) or `beginning`: what came later is decided again", true},
            {"--into", &order_.into, "The sandbox: a new directory", true},
            {"--set", &set_, "[COMMAND.]FIELD=VALUE in later commands, as open.stock=500"},
            {"--commands", &commands_, "File of commands to put in at that point, as for POST /v1/batch"},
            {"--binary", &order_.binary, "Another build of spate, which decides"},
            {"--name", &order_.name, "Which snapshot; else the newest whole one"},
            {"--examples", &order_.examples_max, "Examples to keep of each difference"},
            output_option(output_)};
  }

  int run(Console& console) override {
    const auto began = std::chrono::steady_clock::now();
    const auto report = fork_it();
    if (!report) {
      const int code = tell_of_verified(report.error(), console);
      return report.error().code == "snapshot_damaged" ? exit_no : code;
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    if (output_ == "table") show(*report, took.count(), console.out);
    else print(value(*report, took.count()), output_, console.out);
    return exit_done;
  }

 private:
  Result<ForkReport> fork_it() {
    TRY(const auto catalog, Catalog::load(domains()));
    if (at_ == beginning) {
      order_.at.beginning = true;
    } else {
      TRY(const auto point, cut_point("--at", at_));
      if (!point) return stop("usage", "--at needs a position, a time or `beginning`");
      order_.at = *point;
    }
    for (const std::string& one : set_) {
      TRY(ForkEdit edit, ForkEdit::parse(one, *catalog));
      order_.edits.push_back(std::move(edit));
    }
    if (!commands_.empty()) {
      std::ifstream file(commands_);
      if (!file) return stop("usage", "--commands " + commands_ + " cannot be read");
      for (std::string line; std::getline(file, line);)
        if (!line.empty()) order_.added.push_back(line);
    }
    order_.incarnation = new_incarnation();
    return fork(order_, *catalog);
  }

  void show(const ForkReport& report, double seconds, std::ostream& out) const {
    out << "snapshot " << report.restored.name << ", " << report.restored.outcomes
        << " outcomes kept; decided again: " << report.decided_again << " commands, "
        << report.edited << " of them edited, and " << report.added << " new; took "
        << seconds_text(seconds) << "\n"
        << report.same << " outcomes are the same\n";
    for (const auto& [change, changed] : report.changes) {
      out << changed.count << " " << change.domain << " " << change.command << ": " << change.before
          << " -> " << change.after << "\n";
      for (const ForkExample& example : changed.examples)
        out << "    " << example.stream << " " << example.key << "\n";
    }
    out << "look at it: spate serve --data " << order_.into << " --listen 127.0.0.1:0\n";
  }

  static JsonValue value(const ForkReport& report, double seconds) {
    JsonValue changes = list_value();
    for (const auto& [change, changed] : report.changes) {
      JsonValue examples = list_value();
      for (const ForkExample& example : changed.examples)
        examples.items.push_back(object_value({{"stream", text_value(example.stream)},
                                               {"command_id", text_value(example.key)}}));
      changes.items.push_back(object_value({{"domain", text_value(change.domain)},
                                            {"command", text_value(change.command)},
                                            {"before", text_value(change.before)},
                                            {"after", text_value(change.after)},
                                            {"count", integer_value(changed.count)},
                                            {"examples", std::move(examples)}}));
    }
    return object_value({{"snapshot", text_value(report.restored.name)},
                         {"outcomes_kept", integer_value(report.restored.outcomes)},
                         {"commands_decided_again", integer_value(report.decided_again)},
                         {"commands_edited", integer_value(report.edited)},
                         {"commands_added", integer_value(report.added)},
                         {"same", integer_value(report.same)},
                         {"changes", std::move(changes)},
                         {"milliseconds", integer_value(static_cast<uint64_t>(seconds * 1e3))}});
  }

  ForkOrder order_;
  std::string at_, commands_, output_ = "table";
  std::vector<std::string> set_;
};

}  // namespace

std::unique_ptr<Command> replay_fork_command() { return std::make_unique<ReplayFork>(); }

}  // namespace spate::cli
