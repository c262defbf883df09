// spate replay verify: proves that rows and views are what the log says.
#include <ostream>

#include "engine/app/log_reading.hpp"
#include "engine/app/log_source.hpp"
#include "engine/app/replay_verify.hpp"
#include "engine/cli/client.hpp"
#include "engine/cli/commands.hpp"
#include "engine/cli/log_flags.hpp"
#include "engine/cli/report_value.hpp"

namespace spate::cli {
namespace {

class ReplayVerify final : public Command {
 public:
  std::string_view name() const override { return "replay verify"; }
  std::string_view summary() const override {
    return "Fold the log afresh and compare with the stored rows and views";
  }
  std::string_view lesson() const override {
    return "Folds every outcome from the first, into a scratch place below DIR, partitions side by side,\n"
           "and compares with the digests that the server recorded at its checkpoints, naming partition\n"
           "and outcomes between which they parted, and at the end with the rows and views that are\n"
           "stored, naming the first that differs; it says what there was to compare with. Then it\n"
           "proves the laws of the log itself, and that the views agree with them. Exit 0 when all is\n"
           "equal, 1 when something differs. The server must be stopped; where its log is Kafka, the other\n"
           "nodes may run: what they decide meanwhile is not looked at.\n"
           "Examples:\n"
           "  spate replay verify --data ./data\n"
           "  spate replay verify --data ./node --kafka 127.0.0.1:9092";
  }
  std::vector<Option> options() override {
    return {{"--data", &data_, "Directory of the stopped server", true},
            {"--kafka", &kafka_, "HOST:PORT,… of its brokers, where its log is Kafka"},
            {"--config", &config_, "YAML file of settings (TLS, SASL: kafka.common.*)"},
            {"--threads", &threads_, "Partitions at a time; else one a core"},
            output_option(output_)};
  }

  int run(Console& console) override {
    const auto catalog = Catalog::load(domains());
    if (!catalog) return tell(catalog.error(), console);
    const auto threads = threads_of(threads_);
    if (!threads) return tell(threads.error(), console);
    const auto source = open(**catalog, console);
    if (!source)
      return kafka_.empty() ? tell_of_verified(source.error(), console)
                            : tell_of_log(source.error(), console);
    LogReading log((*source)->log(), {{}, nullptr, tells_of_waiting(console)});
    const Result<ReplayReport> report = verify_replay(data_, **catalog, log, *threads);
    if (!report) return tell_of_verified(report.error(), console);
    print_report(*report, output_, console.out);
    return report->holds() ? exit_done : exit_no;
  }

 private:
  Result<std::unique_ptr<LogSource>> open(const Catalog& catalog, Console& console) const {
    if (kafka_.empty()) return open_directory(data_);
    TRY(const Config config,
        cluster_config(config_, console, {{"kafka.brokers", kafka_}, {"data", data_}}));
    return open_node(config, catalog);
  }

  std::string data_, kafka_, config_;
  uint64_t threads_ = 0;
  std::string output_ = "table";
};

}  // namespace

std::unique_ptr<Command> replay_verify_command() { return std::make_unique<ReplayVerify>(); }

}  // namespace spate::cli
