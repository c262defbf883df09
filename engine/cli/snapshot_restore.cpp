// spate snapshot restore: a data directory out of a snapshot, all of it or until a point in time.
#include <algorithm>
#include <chrono>
#include <ostream>
#include <utility>

#include "engine/cli/client.hpp"
#include "engine/cli/commands.hpp"
#include "engine/cli/snapshot_text.hpp"
#include "engine/codec/rfc3339.hpp"
#include "engine/snapshots/snapshot_restore.hpp"

namespace spate::cli {
namespace {

/// One line that is rewritten on a terminal, else a line every two seconds.
class ProgressLine {
 public:
  explicit ProgressLine(Console& console) : console_(console) {}

  void show(const RestoreProgress& at) {
    const auto now = Clock::now();
    if (at.step != step_) begin(at.step, now);
    const auto pause = console_.terminal ? std::chrono::milliseconds(100) : std::chrono::seconds(2);
    const bool is_done = at.bytes >= at.of;
    if (now - shown_ < pause && !(is_done && console_.terminal)) return;
    shown_ = now;
    console_.err << (console_.terminal ? "\r" : "") << text(at, now)
                 << (console_.terminal ? "\x1b[K" : "\n") << std::flush;
    is_there_ = console_.terminal;
  }
  void end() {
    if (std::exchange(is_there_, false)) console_.err << "\r\x1b[K" << std::flush;
  }

 private:
  using Clock = std::chrono::steady_clock;

  void begin(RestoreProgress::Step step, Clock::time_point now) {
    step_ = step;
    began_ = now;
    if (!console_.terminal) shown_ = now;
  }

  std::string text(const RestoreProgress& at, Clock::time_point now) const {
    const double seconds = std::chrono::duration<double>(now - began_).count();
    const double rate = seconds > 0 ? static_cast<double>(at.bytes) / seconds : 0;
    std::string line = at.step == RestoreProgress::Step::searching ? "looking for the point: read "
                                                                   : "restored ";
    line += size_text(at.bytes) + " of " + size_text(at.of);
    if (rate < 1) return line;
    const double left = static_cast<double>(at.of - std::min(at.of, at.bytes)) / rate;
    return line + ", " + size_text(static_cast<uint64_t>(rate)) + "/s, " + seconds_text(left) +
           " left";
  }

  Console& console_;
  RestoreProgress::Step step_ = RestoreProgress::Step::searching;
  Clock::time_point began_ = Clock::now();
  Clock::time_point shown_ = console_.terminal ? Clock::time_point() : began_;
  bool is_there_ = false;
};

class SnapshotRestore final : public Command {
 public:
  std::string_view name() const override { return "snapshot restore"; }
  std::string_view summary() const override {
    return "Make a data directory out of a snapshot, whole or until a point in time";
  }
  std::string_view lesson() const override {
    return "DATA must be missing or empty, and have room: that is asked first. Every file is compared\n"
           "with its hash on the way; what cannot change any more is linked on the same disk, else\n"
           "copied. Cut short, DATA cannot be served: run the same command again, it begins anew.\n"
           "How far it has come is shown on a terminal, else a line every two seconds.\n"
           "--until TIME keeps all that was stamped until then, as `--as-of TIME` shows it.\n"
           "--until POSITION keeps the log as it was behind that outcome, of all partitions, without\n"
           "commands that were not decided yet.\n"
           "The restored log begins a new life: positions and cursors handed out before are refused\n"
           "(409 position_unknown); keys of commands that it holds are still duplicates. Its first start\n"
           "folds all outcomes before it takes commands: the longer the log, the longer that takes.\n"
           "Never serve both: from here on they are two histories.\n"
           "Exit 0 restored, 1 the snapshot is damaged, 2 it cannot be.\n"
           "Examples:\n"
           "  spate snapshot restore /backup/spate --data ./data2\n"
           "  spate snapshot restore /backup/spate --data ./data2 --until 2026-11-29T18:00:00Z";
  }
  std::vector<Option> options() override {
    return {{"DIR", &folder_, "Directory of snapshots", true},
            {"--data", &data_, "The directory to make", true},
            {"--name", &name_, "Which snapshot; else the newest whole one"},
            {"--until", &until_, "A position, or a time (RFC 3339): nothing later is restored"},
            output_option(output_)};
  }

  int run(Console& console) override {
    const auto began = std::chrono::steady_clock::now();
    ProgressLine progress(console);
    const auto restored = restore(progress);
    progress.end();
    if (!restored) {
      const int code = tell_of_verified(restored.error(), console);
      return restored.error().code == "snapshot_damaged" ? exit_no : code;
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    show(*restored, took.count(), console.out);
    return exit_done;
  }

 private:
  Result<RestoredSnapshot> restore(ProgressLine& line) const {
    RestoreOrder order;
    order.folder = folder_;
    order.name = name_;
    order.data = data_;
    TRY(order.until, cut_point("--until", until_));
    order.incarnation = new_incarnation();
    order.progress = [&](const RestoreProgress& at) { line.show(at); };
    return restore_snapshot(order);
  }

  void show(const RestoredSnapshot& restored, double seconds, std::ostream& out) const {
    if (output_ != "table")
      return print(
          object_value({{"name", text_value(restored.name)},
                        {"taken", text_value(to_rfc3339(restored.taken))},
                        {"outcomes", integer_value(restored.outcomes)},
                        {"outcomes_dropped", integer_value(restored.cut.outcomes_dropped)},
                        {"commands_dropped", integer_value(restored.cut.commands_dropped)},
                        {"linked_bytes", integer_value(restored.linked_bytes)},
                        {"copied_bytes", integer_value(restored.copied_bytes)},
                        {"milliseconds", integer_value(static_cast<uint64_t>(seconds * 1e3))}}),
          output_, out);
    out << "restored " << restored.name << " (taken " << to_rfc3339(restored.taken) << "): "
        << restored.outcomes << " outcomes, " << size_text(restored.linked_bytes) << " linked, "
        << size_text(restored.copied_bytes) << " copied; took " << seconds_text(seconds) << "\n";
    if (restored.cut.drops())
      out << "left out, as later: " << restored.cut.outcomes_dropped << " outcomes, "
          << restored.cut.commands_dropped << " commands\n";
    out << "its first start folds the outcomes: spate serve --data " << data_ << "\n";
  }

  std::string folder_, data_, name_, until_, output_ = "table";
};

}  // namespace

std::unique_ptr<Command> snapshot_restore_command() { return std::make_unique<SnapshotRestore>(); }

}  // namespace spate::cli
