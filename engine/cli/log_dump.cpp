// spate log dump: the outcomes of a log, one JSON object a line.
#include <ostream>

#include "engine/api/envelope.hpp"
#include "engine/app/log_reading.hpp"
#include "engine/app/schema_record.hpp"
#include "engine/base/position.hpp"
#include "engine/base/text.hpp"
#include "engine/cli/client.hpp"
#include "engine/cli/commands.hpp"
#include "engine/cli/log_flags.hpp"
#include "engine/cli/outcome_lines.hpp"
#include "engine/codec/outcome_json.hpp"

namespace spate::cli {
namespace {

class LogDump final : public Command {
 public:
  std::string_view name() const override { return "log dump"; }
  std::string_view summary() const override { return "Print the outcomes of the log, a line each"; }
  std::string_view lesson() const override {
    return "Outcomes come partition by partition, each in the order it was decided; fields marked secret\n"
           "are left out. The server of a directory must be stopped; a cluster's topics are read up to where\n"
           "they end when it begins. Exit 3 when no broker answers.\n"
           "Examples:\n"
           "  spate log dump --kafka 127.0.0.1:9092 --limit 10\n"
           "  spate log dump --data ./data --domain redemptions --stream sale-1 | jq .\n"
           "  spate log dump --data ./data | jq -r .outcome | sort | uniq -c";
  }
  std::vector<Option> options() override {
    std::vector<Option> all = log_.options();
    all.push_back({"--domain", &domain_, "Only this one"});
    all.push_back({"--stream", &stream_, "Only this one"});
    all.push_back({"--limit", &limit_, "Stop after so many lines", false, {}, 1});
    all.push_back(output_option(output_));
    return all;
  }

  int run(Console& console) override {
    const Result<void> dumped = dump(console);
    return dumped ? exit_done : tell_of_log(dumped.error(), console);
  }

 private:
  Result<void> no_domain(const Catalog& catalog) const {
    NearestName nearest(domain_);
    for (const DomainPlan& plan : catalog.domains()) nearest.offer(plan.name);
    return stop("unknown_domain", "there is no domain '" + domain_ + "'" + nearest.hint());
  }
  Result<void> dump(Console& console) {
    TRY(const auto catalog, Catalog::load(domains()));
    if (!domain_.empty() && catalog->find(domain_) == nullptr) return no_domain(*catalog);
    TRY(const auto opened, log_.open(*catalog, console));
    if (!log_.is_cluster()) TRY(check_reads_schemas(log_.data(), *catalog));
    LogReading log(opened->log(), {{}, nullptr, tells_of_waiting(console)});
    for (const DomainPlace& place : log.topology().domains()) {
      const DomainPlan* plan = catalog->find(place.name);
      if (plan == nullptr || (!domain_.empty() && place.name != domain_)) continue;
      for (uint16_t i = 0; i < place.partitions; ++i)
        TRY(each_outcome(log, {place.number, i}, [&](const RecordView& record) {
          return dump_record(log, *plan, record, console.out);
        }));
    }
    return {};
  }

  /// False when enough was printed.
  bool dump_record(const Log& log, const DomainPlan& plan, const RecordView& record,
                   std::ostream& out) {
    const envelope::Outcome& outcome = outcome_of(record.body);
    const std::string_view stream = text_of(outcome.stream());
    if (!stream_.empty() && stream != stream_) return true;
    if (limit_ != 0 && printed_ == limit_) return false;
    ++printed_;
    Position position{log.identity().incarnation, {}};
    position.raise({record.head.domain, record.head.index}, {record.head.number});
    const CommandPlan* command = plan.command(outcome.command_type());
    line_.clear();
    JsonWriter json(line_);
    json.begin_object();
    json.member("domain", plan.name);
    json.member("partition", static_cast<uint64_t>(record.head.index));
    json.member("sequence", record.head.number);
    json.member("cause", outcome.cause());
    json.member("stream", stream);
    json.member("command", command == nullptr ? "" : command->name());
    write_outcome(plan, outcome, to_token(position), json);
    json.end_object();
    lines_.print(line_, out);
    return true;
  }

  LogFlags log_;
  std::string domain_, stream_, line_;
  std::string output_ = "json";
  OutcomeLines lines_{output_,
                      {{"at", 30},
                       {"domain", 11},
                       {"partition", 9},
                       {"sequence", 8},
                       {"stream", 16},
                       {"command", 8},
                       {"outcome", 8}}};
  uint64_t limit_ = 0;
  uint64_t printed_ = 0;
};

}  // namespace

std::unique_ptr<Command> log_dump_command() { return std::make_unique<LogDump>(); }

}  // namespace spate::cli
