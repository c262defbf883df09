// spate log parked: list, redrive or discard what a failure of our own code stopped.
#include <ostream>

#include "engine/app/cluster_control.hpp"
#include "engine/app/parked_commands.hpp"
#include "engine/app/stopped_log.hpp"
#include "engine/cli/client.hpp"
#include "engine/cli/commands.hpp"
#include "engine/cli/log_flags.hpp"
#include "engine/codec/json.hpp"
#include "engine/log/move_mark.hpp"

namespace spate::cli {
namespace {

class ParkedList final : public Command {
 public:
  std::string_view name() const override { return "log parked list"; }
  std::string_view summary() const override { return "List the commands that wait for a repair"; }
  std::string_view lesson() const override {
    return "A command parks when our own code failed on it; later commands of its stream wait behind it,\n"
           "all others flow. Nothing is lost: after a repair redrive them. A server on a directory must be\n"
           "stopped for this (while it runs, see spate_parked_commands in /metrics), servers on Kafka not.\n"
           "Exit 0, also when there are none; 3 when no broker answers.\n"
           "Examples:\n"
           "  spate log parked list --data ./data -o table\n"
           "  spate log parked list --kafka 127.0.0.1:9092 -o table";
  }
  std::vector<Option> options() override {
    std::vector<Option> all = log_.options();
    all.push_back(output_option(output_));
    return all;
  }

  int run(Console& console) override {
    const Result<JsonValue> list = parked(console);
    if (!list) return tell_of_log(list.error(), console);
    print(*list, output_, console.out);
    return exit_done;
  }

 private:
  Result<JsonValue> parked(Console& console) const {
    TRY(const auto catalog, Catalog::load(domains()));
    TRY(const auto source, log_.open(*catalog, console));
    TRY(const std::vector<ParkedCommand> found, find_parked(source->log(), *catalog));
    JsonValue list = list_value();
    for (const ParkedCommand& parked : found)
      list.items.push_back(object_value({{"domain", text_value(parked.domain)},
                                         {"stream", text_value(parked.stream)},
                                         {"command", text_value(parked.command)},
                                         {"command_id", text_value(to_hex(parked.id))},
                                         {"at", text_value(to_rfc3339(parked.at))},
                                         {"reason", text_value(parked.reason)}}));
    return list;
  }

  LogFlags log_;
  std::string output_ = "json";
};

class ParkedControl final : public Command {
 public:
  explicit ParkedControl(envelope::Control what) : what_(what) {}
  std::string_view name() const override {
    return redrives() ? "log parked redrive" : "log parked discard";
  }
  std::string_view summary() const override {
    return redrives() ? "Decide the parked commands of a stream again, in their order"
                      : "Give up the parked commands of a stream";
  }
  std::string_view lesson() const override {
    return redrives() ? "Decides the parked commands again, oldest first, before any new one of that stream.\n"
                        "With --data a command is written into the log of the stopped server, and its next\n"
                        "start carries it out. With --kafka the node that owns the stream does it at once;\n"
                        "it takes this only from who knows its kafka.control_secret.\n"
                        "Exit 0 done, 1 nothing is parked or it was refused, 4 no node decided it in time.\n"
                        "Examples:\n"
                        "  spate log parked redrive orders o-17 --data ./data\n"
                        "  export SPATE_KAFKA_CONTROL_SECRET_FILE=/run/secrets/spate-control\n"
                        "  spate log parked redrive orders o-17 --kafka 127.0.0.1:9092"
                      : "Answers the parked commands of a stream as given up; they stay in the log.\n"
                        "With --data a command is written into the log of the stopped server, and its next\n"
                        "start carries it out. With --kafka the node that owns the stream does it at once;\n"
                        "it takes this only from who knows its kafka.control_secret.\n"
                        "Exit 0 done, 1 nothing is parked or it was refused, 4 no node decided it in time.\n"
                        "Examples:\n"
                        "  spate log parked discard orders o-17 --data ./data\n"
                        "  spate log parked discard orders o-17 --kafka 127.0.0.1:9092 --config spate.yaml";
  }
  std::vector<Option> options() override {
    std::vector<Option> all{{"DOMAIN", &domain_, "For example orders", true},
                            {"STREAM", &stream_, "The stream that stands still", true}};
    for (Option& option : log_.options()) all.push_back(std::move(option));
    return all;
  }

  int run(Console& console) override {
    const Result<int> done = log_.is_cluster() ? on_cluster(console) : in_directory(console);
    if (done) return *done;
    const int code = tell_of_log(done.error(), console);
    return done.error().code == "nothing_parked" ? exit_no : code;
  }

 private:
  bool redrives() const { return what_ == envelope::Control::redrive; }
  Result<int> in_directory(Console& console) const {
    TRY(log_.check());
    TRY(const auto catalog, Catalog::load(domains()));
    TRY(const auto opened, StoppedLog::open(log_.data()));
    TRY(check_not_moved(opened->storage()));
    TRY(append_control(opened->log(), *catalog, domain_, stream_, what_, SystemClock().wall()));
    console.out << "written; the next start of the server carries it out\n";
    return exit_done;
  }

  Result<int> on_cluster(Console& console) const {
    TRY(log_.check());
    TRY(const auto catalog, Catalog::load(domains()));
    TRY(const Config config, log_.cluster(console));
    TRY(const auto cluster, open_cluster(config, *catalog));
    TRY(const ClusterControl done,
        control_on_cluster(*cluster, *catalog, domain_, stream_, what_,
                           config.kafka.control_secret, SystemClock()));
    if (!done.decided) {
      console.err << "written, but no node has decided it yet: look again with `spate log parked "
                     "list`\n";
      return exit_timed_out;
    }
    if (!done.refusal.empty()) {
      console.err << "refused: " << done.refusal << "\n";
      return exit_no;
    }
    console.out << "carried out; still parked: " << done.left << "\n";
    return exit_done;
  }

  const envelope::Control what_;
  LogFlags log_;
  std::string domain_, stream_;
};

}  // namespace

std::unique_ptr<Command> log_parked_list_command() { return std::make_unique<ParkedList>(); }
std::unique_ptr<Command> log_parked_redrive_command() {
  return std::make_unique<ParkedControl>(envelope::Control::redrive);
}
std::unique_ptr<Command> log_parked_discard_command() {
  return std::make_unique<ParkedControl>(envelope::Control::discard);
}

}  // namespace spate::cli
