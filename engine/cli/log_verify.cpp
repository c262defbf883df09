// spate log verify: reads every outcome of a log and proves its laws.
#include <ostream>

#include "engine/app/log_reading.hpp"
#include "engine/app/schema_record.hpp"
#include "engine/cli/client.hpp"
#include "engine/cli/commands.hpp"
#include "engine/cli/log_flags.hpp"
#include "engine/cli/report_value.hpp"
#include "engine/replay/audit.hpp"

namespace spate::cli {
namespace {

class LogVerify final : public Command {
 public:
  std::string_view name() const override { return "log verify"; }
  std::string_view summary() const override { return "Read the whole log and prove its laws"; }
  std::string_view lesson() const override {
    return "Every record's checksum, dense sequences, the hash chain, times that never go back, no id\n"
           "with two effects, and the laws of each domain (for a campaign: redeemed + remaining = stock,\n"
           "serials without a gap, nobody above the limit), from the events alone. Exit 0 when all hold,\n"
           "1 when one is broken or the log is damaged. The server of a directory must be stopped; of a\n"
           "cluster's topics it is proven up to where they end when it begins.\n"
           "Examples:\n"
           "  spate log verify --data ./data\n"
           "  spate log verify --kafka 127.0.0.1:9092\n"
           "  spate log verify --data ./data -o json | jq .holds";
  }
  std::vector<Option> options() override {
    std::vector<Option> all = log_.options();
    all.push_back(output_option(output_));
    return all;
  }

  int run(Console& console) override {
    const auto catalog = Catalog::load(domains());
    if (!catalog) return tell(catalog.error(), console);
    const auto opened = log_.open(**catalog, console);
    if (!opened)
      return log_.is_cluster() ? tell_of_log(opened.error(), console)
                               : tell_of_verified(opened.error(), console);
    if (!log_.is_cluster())
      if (const auto reads = check_reads_schemas(log_.data(), **catalog); !reads)
        return tell(reads.error(), console);
    LogReading log((*opened)->log(), {{}, nullptr, tells_of_waiting(console)});
    const Result<AuditReport> report = audit(log, domains());
    if (!report) return tell_of_verified(report.error(), console);
    print_report(*report, output_, console.out);
    return report->holds() ? exit_done : exit_no;
  }

 private:
  LogFlags log_;
  std::string output_ = "table";
};

}  // namespace

std::unique_ptr<Command> log_verify_command() { return std::make_unique<LogVerify>(); }

}  // namespace spate::cli
