// spate replay scan: stored rows and views against the digests recorded when they were written.
#include <ostream>

#include "engine/app/live_scan.hpp"
#include "engine/app/stopped_scan.hpp"
#include "engine/cli/background_order.hpp"
#include "engine/cli/client.hpp"
#include "engine/cli/commands.hpp"
#include "engine/cli/snapshot_text.hpp"

namespace spate::cli {
namespace {

class ReplayScan final : public Command {
 public:
  std::string_view name() const override { return "replay scan"; }
  std::string_view summary() const override {
    return "Read all stored rows and views and compare with their recorded digests";
  }
  std::string_view lesson() const override {
    return "Reads what lies on the disk, entry by entry, and compares each partition's sum with the one\n"
           "recorded when it was written: finds what rotted, or was written wrongly, while nothing is\n"
           "folded. A running server does it in the background, at --rate at most, and every\n"
           "scan.interval (24h) by itself. Rows that differ end that server, and it does not start again\n"
           "on them; views that differ stand still until `spate replay rebuild`. Both say why in its log.\n"
           "No log is folded: `spate replay verify` does that, with the server stopped, and names the\n"
           "first row or view that differs. Ctrl-C leaves a running scan running.\n"
           "Exit 0 nothing differs, 1 something does, or another scan is running, 2 it cannot be read, 3\n"
           "the server did not answer to the end.\n"
           "Examples:\n"
           "  spate replay scan\n"
           "  spate replay scan --server http://127.0.0.1:8080 --rate 100\n"
           "  spate replay scan --data ./data";
  }
  std::vector<Option> options() override {
    return {{"--data", &data_, "Directory of a stopped server; else a running one is asked"},
            {"--rate", &rate_, "MiB a second that a running server reads at most; else scan.rate_max"},
            server_option(server_),
            output_option(output_)};
  }

  int run(Console& console) override {
    if (!data_.empty() && (!server_.empty() || rate_ != 0))
      return tell_one_or_the_other(console);
    JsonValue status;
    const int code = data_.empty() ? ask_server(status, console) : scan_directory(status, console);
    if (code != exit_done) return code;
    if (output_ == "table") tell_scanned(status, console.out);
    else print(status, output_, console.out);
    return status.text_of("stage") == "done" ? exit_done : exit_no;
  }

 private:
  int scan_directory(JsonValue& status, Console& console) {
    SystemClock clock;
    const int64_t began_ns = clock.monotonic_ns();
    const Result<ScanReport> report = scan_stopped(data_);
    if (!report) return tell_of_verified(report.error(), console);
    std::string json;
    JsonWriter out(json);
    out.begin_object();
    out.member("stage", report->findings.empty() ? "done" : "differs");
    out.member("milliseconds", (clock.monotonic_ns() - began_ns) / 1'000'000);
    write_scan(*report, out);
    out.end_object();
    status = *JsonValue::parse(json);
    return exit_done;
  }

  int ask_server(JsonValue& status, Console& console) {
    BackgroundOrder order;
    order.target = "/admin/scan";
    order.wish = rate_ == 0 ? "{}" : "{\"rate_mib\":" + std::to_string(rate_) + "}";
    order.unreachable = "the server ended, or cannot be reached any more: its log says why\n";
    order.progress = [](const JsonValue& now) {
      return "read " + size_text(static_cast<uint64_t>(now.integer_of("bytes_read")));
    };
    if (const int code = give(order, server_, status, console); code != exit_done) return code;
    const std::string stage = status.text_of("stage");
    if (stage == "done" || stage == "differs") return exit_done;
    return tell({"scan_failed", FaultAction::stop,
                 status.text_of("reason", "the server was started again meanwhile: ask again")},
                console);
  }

  static void tell_scanned(const JsonValue& status, std::ostream& out) {
    for (const char* list : {"notes", "findings"})
      if (const JsonValue* texts = status.find(list))
        for (const JsonValue& text : texts->items)
          out << (list == std::string_view("notes") ? "note: " : "differs: ") << text.text << "\n";
    const int64_t compared = status.integer_of("partitions");
    const int64_t unrecorded = status.integer_of("unrecorded");
    out << compared << " stored partitions of rows and of views compared with what was recorded";
    if (unrecorded > 0) out << ", " << unrecorded << " have no recorded digest";
    out << "; took " << seconds_text(static_cast<double>(status.integer_of("milliseconds")) / 1e3)
        << (status.text_of("stage") == "done" ? ": nothing differs\n" : "\n");
  }

  std::string data_, server_, output_ = "table";
  uint64_t rate_ = 0;
};

}  // namespace

std::unique_ptr<Command> replay_scan_command() { return std::make_unique<ReplayScan>(); }

}  // namespace spate::cli
