// spate schema: whether schemas read history as it was written.
#include <ostream>

#include "engine/app/schema_record.hpp"
#include "engine/app/schema_verify.hpp"
#include "engine/app/stopped_log.hpp"
#include "engine/cli/client.hpp"
#include "engine/cli/commands.hpp"
#include "engine/cli/report_value.hpp"

namespace spate::cli {
namespace {

class SchemaCheck final : public Command {
 public:
  std::string_view name() const override { return "schema check"; }
  std::string_view summary() const override {
    return "Find changes of schemas that would misread history";
  }
  std::string_view lesson() const override {
    return "Compares commands, events, rejections and all they are made of. `serve` records in DIR the\n"
           "schemas it writes under, and refuses to start with others that would misread them: a changed\n"
           "type or default, a slot or number that was removed or belongs to another name, a field that\n"
           "is needed now. Added fields, members and values are fine; so is (deprecated). Rows and views\n"
           "may change as they like: they are folded again. A server may be running meanwhile.\n"
           "Exit 0 when nothing would be misread, 1 with each change and its remedy.\n"
           "Examples:\n"
           "  spate schema check --data ./data                          # this binary's schemas\n"
           "  spate schema check --data ./data --schemas ./schemas      # files, before a build\n"
           "  spate schema check --against ./last-release/schemas --schemas ./schemas";
  }
  std::vector<Option> options() override {
    return {{"--data", &data_, "Directory whose recorded schemas wrote the history"},
            {"--against", &against_, "Or those of a release: a directory of .fbs or .bfbs, or a file"},
            {"--schemas", &schemas_, "The schemas to check: likewise; else those of this binary"},
            output_option(output_)};
  }

  int run(Console& console) override {
    const auto checked = check();
    if (!checked) return tell(checked.error(), console);
    const auto& [domains, changes] = *checked;
    if (output_ != "table") {
      JsonValue list = list_value();
      for (std::size_t at = 0; at < changes.size();) {
        const std::size_t end = changes.find('\n', at);
        list.items.push_back(text_value(changes.substr(at, end - at)));
        at = end + 1;
      }
      print(object_value({{"holds", boolean_value(changes.empty())},
                          {"domains", integer_value(domains)},
                          {"changes", std::move(list)}}),
            output_, console.out);
    } else {
      console.out << changes << "the schemas of " << domains << " domains were compared: "
                  << (changes.empty() ? "history is read as it was written\n"
                                      : "history would be misread\n");
    }
    return changes.empty() ? exit_done : exit_no;
  }

 private:
  struct Checked {
    std::size_t domains = 0;
    std::string changes;
  };
  Result<Checked> check() const {
    if (data_.empty() == against_.empty())
      return stop("usage", "give what wrote the history: either --data DIR or --against SCHEMAS");
    TRY(const SchemaSet before, written_under());
    TRY(const SchemaSet after, to_be_checked());
    TRY(std::string changes, misread_by(before, after));
    return Checked{before.size(), std::move(changes)};
  }
  Result<SchemaSet> written_under() const {
    if (!against_.empty()) return read_schema_files(against_);
    TRY(SchemaSet recorded, recorded_schemas(data_));
    if (!recorded.empty()) return recorded;
    return stop("no_schemas", data_ + " has no record of its schemas: `spate serve` makes it at its "
                                      "next start; until then compare with --against");
  }
  Result<SchemaSet> to_be_checked() const {
    if (!schemas_.empty()) return read_schema_files(schemas_);
    TRY(const auto catalog, Catalog::load(domains()));
    return compiled_schemas(*catalog);
  }

  std::string data_, against_, schemas_;
  std::string output_ = "table";
};

class SchemaVerify final : public Command {
 public:
  std::string_view name() const override { return "schema verify"; }
  std::string_view summary() const override {
    return "Decode the whole history with the schemas of this binary";
  }
  std::string_view lesson() const override {
    return "Every outcome and command of the log, several partitions at a time: its form, its enum values,\n"
           "and as JSON. Exit 0 when all of it can be read, 1 with the place of what cannot. The server\n"
           "must be stopped.\n"
           "Example:\n"
           "  spate schema verify --data ./data";
  }
  std::vector<Option> options() override {
    return {{"--data", &data_, "Directory of the stopped server", true},
            {"--threads", &threads_, "Partitions at a time; else one a core"},
            output_option(output_)};
  }

  int run(Console& console) override {
    const Result<SchemaReport> report = verify();
    if (!report) return tell_of_verified(report.error(), console);
    print_report(*report, output_, console.out);
    return report->holds() ? exit_done : exit_no;
  }

 private:
  Result<SchemaReport> verify() const {
    TRY(const unsigned threads, threads_of(threads_));
    TRY(const auto catalog, Catalog::load(domains()));
    TRY(const auto opened, StoppedLog::open(data_));
    return verify_schemas(opened->log(), *catalog, threads);
  }

  std::string data_;
  std::string output_ = "table";
  uint64_t threads_ = 0;
};

}  // namespace

std::unique_ptr<Command> schema_check_command() { return std::make_unique<SchemaCheck>(); }
std::unique_ptr<Command> schema_verify_command() { return std::make_unique<SchemaVerify>(); }

}  // namespace spate::cli
