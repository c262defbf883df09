// spate snapshot create: a running server takes it itself; of a stopped one this process does.
#include <filesystem>
#include <ostream>

#include "engine/app/live_snapshots.hpp"
#include "engine/app/stopped_log.hpp"
#include "engine/cli/background_order.hpp"
#include "engine/cli/client.hpp"
#include "engine/cli/commands.hpp"
#include "engine/cli/snapshot_text.hpp"

namespace spate::cli {
namespace {

constexpr uint64_t rate_mib_usual = 4;

class SnapshotCreate final : public Command {
 public:
  std::string_view name() const override { return "snapshot create"; }
  std::string_view summary() const override {
    return "Take a snapshot of a log, running or stopped, into DIR";
  }
  std::string_view lesson() const override {
    return "One snapshot is one point of the log: all partitions up to there, with everything that was\n"
           "acknowledged before. DIR keeps many of one log; a new one takes only what is new. Files of\n"
           "the log that nobody changes any more are linked when DIR is on the same disk, else copied;\n"
           "what is new is checked, record by record, and kept with its hash. Rows and views are not\n"
           "taken: they follow from the log.\n"
           "A snapshot on the disk of the log saves from mistakes, not from the loss of that disk.\n"
           "A running server takes it in the background, at --rate at most; DIR is a path as the server\n"
           "sees it. Ctrl-C leaves that running. What was cut short never counts as a snapshot.\n"
           "Exit 0 taken, 1 another one is being taken, 2 it cannot be.\n"
           "Examples:\n"
           "  spate snapshot create /backup/spate\n"
           "  spate snapshot create /backup/spate --server http://127.0.0.1:8080 --rate 200\n"
           "  spate snapshot create /backup/spate --data ./data --name before-upgrade";
  }
  std::vector<Option> options() override {
    return {{"DIR", &folder_, "Directory of snapshots; made when missing", true},
            {"--data", &data_, "Directory of a stopped server; else a running one is asked"},
            {"--name", &name_, "What to call it; else by the time, as 20261129T134510Z"},
            {"--rate", &rate_, "MiB a second that a running server reads and writes at most (4)", false, {}, 1},
            server_option(server_),
            output_option(output_)};
  }

  int run(Console& console) override {
    if (!data_.empty() && (!server_.empty() || rate_ != 0))
      return tell_one_or_the_other(console);
    std::error_code ignored;
    folder_ = std::filesystem::absolute(folder_, ignored).lexically_normal().string();
    JsonValue status;
    const int code = data_.empty() ? ask_server(status, console) : take_stopped(status, console);
    if (code != exit_done) return code;
    if (output_ == "table") tell_taken(status, console.out);
    else print(status, output_, console.out);
    return exit_done;
  }

 private:
  int take_stopped(JsonValue& status, Console& console) {
    const auto opened = StoppedLog::open(data_);
    if (!opened) return tell_of_verified(opened.error(), console);
    SystemClock clock;
    const int64_t began_ns = clock.monotonic_ns();
    SnapshotOrder order;
    order.data = data_;
    order.end = (*opened)->log().durable_end();
    order.now = clock.wall();
    order.folder = folder_;
    order.name = name_;
    const auto taken = take_snapshot(order);
    if (!taken) return tell_of_verified(taken.error(), console);
    std::string json;
    JsonWriter out(json);
    out.begin_object();
    out.member("stage", "done");
    out.member("directory", folder_);
    out.member("milliseconds", (clock.monotonic_ns() - began_ns) / 1'000'000);
    write_taken(*taken, out);
    out.end_object();
    status = *JsonValue::parse(json);
    return exit_done;
  }

  int ask_server(JsonValue& status, Console& console) {
    const BackgroundOrder order{.target = "/admin/snapshot", .wish = wish(), .progress = progress};
    if (const int code = give(order, server_, status, console); code != exit_done) return code;
    if (status.text_of("stage") == "done") return exit_done;
    return tell_of_verified({status.text_of("code", "server_restarted"), FaultAction::stop,
                             status.text_of("reason", "the server ended meanwhile: nothing was "
                                                      "kept, ask again")},
                            console);
  }

  std::string wish() const {
    std::string json;
    JsonWriter out(json);
    out.begin_object();
    out.member("directory", folder_);
    if (!name_.empty()) out.member("name", name_);
    out.member("rate_mib", rate_ == 0 ? rate_mib_usual : rate_);
    out.end_object();
    return json;
  }

  static std::string progress(const JsonValue& status) {
    const auto done = static_cast<uint64_t>(status.integer_of("bytes_read"));
    const auto of = static_cast<uint64_t>(status.integer_of("bytes_to_read"));
    return "read " + size_text(done) + " of " + size_text(of);
  }

  static void tell_taken(const JsonValue& status, std::ostream& out) {
    const auto size = [&](std::string_view name) {
      return size_text(static_cast<uint64_t>(status.integer_of(name)));
    };
    out << "snapshot " << status.text_of("name") << " in " << status.text_of("directory") << ": "
        << status.integer_of("outcomes") << " outcomes, " << size("bytes") << ": "
        << size("reused_bytes") << " from earlier ones, " << size("linked_bytes") << " linked, "
        << size("copied_bytes") << " copied; took "
        << seconds_text(static_cast<double>(status.integer_of("milliseconds")) / 1e3) << "\n";
  }

  std::string folder_, data_, name_, server_, output_ = "table";
  uint64_t rate_ = 0;
};

}  // namespace

std::unique_ptr<Command> snapshot_create_command() { return std::make_unique<SnapshotCreate>(); }

}  // namespace spate::cli
