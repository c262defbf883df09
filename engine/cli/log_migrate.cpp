// spate log migrate: moves a directory's log into a Kafka cluster, or a cluster's into a directory.
#include <cstdio>
#include <ostream>

#include "engine/app/migrate.hpp"
#include "engine/cli/client.hpp"
#include "engine/cli/commands.hpp"
#include "engine/cli/log_flags.hpp"

namespace spate::cli {
namespace {

constexpr int64_t shown_every_ns = 200'000'000, line_every_ns = 2'000'000'000;
constexpr std::string_view steps[] = {"looking", "copying", "reading again", "folding both sides",
                                      "cutting over"};

class LogMigrate final : public Command {
 public:
  std::string_view name() const override { return "log migrate"; }
  std::string_view summary() const override {
    return "Move a directory's log into a Kafka cluster, or back";
  }
  std::string_view lesson() const override {
    return "Copies every outcome and command into the cluster's topics, reads all of it again, compares\n"
           "record by record, by hash, and by the digests of rows and views folded from both sides, and\n"
           "only then marks the directory as moved and opens the cluster. Positions, command ids and\n"
           "their answers stay valid. Nothing is removed: the directory stays as a copy of its past.\n"
           "\n"
           "The server on DIR must be stopped and all its commands decided. Make the topics first, with\n"
           "as many partitions a domain as DIR has; nobody else may write to them until it is done.\n"
           "With --back the cluster's log moves into DIR, which holds none yet: stop every node first; one\n"
           "that still runs is fenced and ends. Commands in the topics that nobody decided move as well.\n"
           "\n"
           "Killed or cut off at any point, run the same command again: it goes on where it ended. Until\n"
           "it has finished neither side is served.\n"
           "Exit 0 moved (or had been before), 1 the other side differs, 2 something stands in the way,\n"
           "3 no broker answers (run again).\n"
           "Examples:\n"
           "  spate topics apply --kafka 127.0.0.1:9092\n"
           "  spate log migrate --data ./data --kafka 127.0.0.1:9092 --dry-run\n"
           "  spate log migrate --data ./data --kafka 127.0.0.1:9092\n"
           "  spate serve --kafka 127.0.0.1:9092 --data ./node --insecure-dev\n"
           "  spate log migrate --back --kafka 127.0.0.1:9092 --data ./data2";
  }
  std::vector<Option> options() override {
    return {{"--data", &data_, "Directory of the stopped server; with --back: a new one", true},
            {"--kafka", &kafka_, "HOST:PORT,… of the brokers", true},
            {"--back", &back_, "From the cluster into the directory"},
            {"--dry-run", &dry_run_, "Check what can be checked, change nothing"},
            {"--config", &config_, "YAML file of settings (TLS, SASL: kafka.common.*)"},
            output_option(output_)};
  }

  int run(Console& console) override {
    const Result<MoveReport> report = move(console);
    if (report) {
      show(*report, console.out);
      return exit_done;
    }
    const std::string& code = report.error().code;
    const int told = tell_of_log(report.error(), console);
    const bool differs = code == "topic_disturbed" || code == "digest_differs" || code == "log_rot";
    return differs ? exit_no : told;
  }

 private:
  Result<MoveReport> move(Console& console) {
    TRY(const auto catalog, Catalog::load(domains()));
    TRY(const Config config,
        cluster_config(config_, console, {{"kafka.brokers", kafka_}, {"data", data_}}));
    const auto progress = [&](const MoveProgress& at) { show_progress(at, console); };
    Result<MoveReport> report =
        back_ ? migrate_to_directory(config, *catalog, dry_run_, progress)
              : migrate_to_kafka(config, *catalog, dry_run_, progress);
    if (shown_at_ns_ != 0 && console.terminal) console.err << "\r\x1b[K" << std::flush;
    return report;
  }

  static bool is_counted(MoveProgress::Step step) {
    return step == MoveProgress::Step::copying || step == MoveProgress::Step::verifying;
  }

  /// One line rewritten on a terminal, else a line every two seconds and at every step.
  void show_progress(const MoveProgress& at, Console& console) {
    const int64_t now = clock_.monotonic_ns();
    if (at.step != step_) step_began_ns_ = now;
    const bool is_new = at.step != step_ || shown_at_ns_ == 0;
    if (!is_new && now - shown_at_ns_ < (console.terminal ? shown_every_ns : line_every_ns)) return;
    step_ = at.step;
    shown_at_ns_ = now;
    const std::string_view step = steps[static_cast<std::size_t>(at.step)];
    std::string line(step);
    if (at.of > 0 && at.records > 0 && is_counted(at.step)) {
      const double elapsed = static_cast<double>(now - step_began_ns_) / 1e9;
      const double rate = elapsed > 0 ? static_cast<double>(at.records) / elapsed : 0;
      const uint64_t left = at.of - std::min(at.of, at.records);
      char rest[160];
      std::snprintf(rest, sizeof rest, "  %3llu %%  %llu of %llu records  %.0f/s  %.0f s left",
                    static_cast<unsigned long long>(at.records * 100 / at.of),
                    static_cast<unsigned long long>(at.records),
                    static_cast<unsigned long long>(at.of), rate,
                    rate > 0 ? static_cast<double>(left) / rate : 0.0);
      line += rest;
    }
    console.err << (console.terminal ? "\r" : "") << line << (console.terminal ? "\x1b[K" : "\n")
                << std::flush;
  }

  void show(const MoveReport& report, std::ostream& out) const {
    const bool changed = !dry_run_ && !report.was_done;
    char hash[40] = "";
    std::snprintf(hash, sizeof hash, "%016llx%016llx",
                  static_cast<unsigned long long>(report.records_hash.hi),
                  static_cast<unsigned long long>(report.records_hash.lo));
    if (output_ != "table")
      return print(object_value({{"moved", boolean_value(!dry_run_ || report.was_done)},
                                 {"was_done", boolean_value(report.was_done)},
                                 {"dry_run", boolean_value(dry_run_)},
                                 {"commands", integer_value(report.commands)},
                                 {"outcomes", integer_value(report.outcomes)},
                                 {"records_sent", integer_value(report.sent)},
                                 {"records_hash", text_value(changed ? hash : "")}}),
                   output_, out);
    if (report.was_done) out << "moved before; nothing to do\n";
    else if (dry_run_) out << "would move " << report.outcomes << " outcomes; nothing was changed\n";
    else
      out << "moved " << report.outcomes << " outcomes and " << report.commands
          << (back_ ? " undecided commands" : " commands") << "; both sides agree: records " << hash
          << ", rows and views\n";
    if (dry_run_ && !report.was_done) return;
    if (back_) out << "serve it with: spate serve --data " << data_ << "\n";
    else out << "serve it with: spate serve --kafka " << kafka_ << " --data ANOTHER_DIR\n";
  }

  std::string data_, kafka_, config_;
  std::string output_ = "table";
  bool back_ = false, dry_run_ = false;
  SystemClock clock_;
  int64_t shown_at_ns_ = 0, step_began_ns_ = 0;
  MoveProgress::Step step_ = MoveProgress::Step::surveying;
};

}  // namespace

std::unique_ptr<Command> log_migrate_command() { return std::make_unique<LogMigrate>(); }

}  // namespace spate::cli
