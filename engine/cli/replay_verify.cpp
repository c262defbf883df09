// spate replay verify: proves that rows and views are what the log says.
#include <ostream>

#include "engine/app/replay_verify.hpp"
#include "engine/cli/client.hpp"
#include "engine/cli/commands.hpp"
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
           "equal, 1 when something differs. The server must be stopped.\n"
           "Example:\n"
           "  spate replay verify --data ./data";
  }
  std::vector<Option> options() override {
    return {{"--data", &data_, "Directory of the stopped server", true},
            {"--threads", &threads_, "Partitions at a time; else one a core"},
            output_option(output_)};
  }

  int run(Console& console) override {
    const auto catalog = Catalog::load(domains());
    if (!catalog) return tell(catalog.error(), console);
    const auto threads = threads_of(threads_);
    if (!threads) return tell(threads.error(), console);
    const Result<ReplayReport> report = verify_replay(data_, **catalog, *threads);
    if (!report) return tell_of_verified(report.error(), console);
    print_report(*report, output_, console.out);
    return report->holds() ? exit_done : exit_no;
  }

 private:
  std::string data_;
  uint64_t threads_ = 0;
  std::string output_ = "table";
};

}  // namespace

std::unique_ptr<Command> replay_verify_command() { return std::make_unique<ReplayVerify>(); }

}  // namespace spate::cli
