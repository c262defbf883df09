// spate log verify: reads every record of a stopped server's log and proves its laws.
#include <ostream>

#include "engine/app/schema_record.hpp"
#include "engine/app/stopped_log.hpp"
#include "engine/cli/client.hpp"
#include "engine/cli/commands.hpp"
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
           "1 when one is broken or the log is damaged. The server must be stopped.\n"
           "Example:\n"
           "  spate log verify --data ./data\n"
           "  spate log verify --data ./data -o json | jq .holds";
  }
  std::vector<Option> options() override {
    return {{"--data", &data_, "Directory of the stopped server", true}, output_option(output_)};
  }

  int run(Console& console) override {
    const auto opened = StoppedLog::open(data_);
    if (!opened) return tell_of_verified(opened.error(), console);
    const auto catalog = Catalog::load(domains());
    if (!catalog) return tell(catalog.error(), console);
    if (const auto reads = check_reads_schemas(data_, **catalog); !reads)
      return tell(reads.error(), console);
    const Result<AuditReport> report = audit((*opened)->log(), domains());
    if (!report) return tell_of_verified(report.error(), console);
    print_report(*report, output_, console.out);
    return report->holds() ? exit_done : exit_no;
  }

 private:
  std::string data_;
  std::string output_ = "table";
};

}  // namespace

std::unique_ptr<Command> log_verify_command() { return std::make_unique<LogVerify>(); }

}  // namespace spate::cli
