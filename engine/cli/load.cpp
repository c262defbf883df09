// spate load: a sale under load, measured honestly and audited at the end.
#include <algorithm>
#include <cstdio>
#include <ostream>

#include "engine/cli/commands.hpp"
#include "engine/cli/load_audit.hpp"
#include "engine/cli/load_run.hpp"

namespace spate::cli {
namespace {

double seconds(int64_t ns) { return static_cast<double>(ns) / 1e9; }

class Load final : public Command {
 public:
  std::string_view name() const override { return "load"; }
  std::string_view summary() const override { return "Play a flash sale against a server and audit it"; }
  std::string_view lesson() const override {
    return "Opens a campaign and redeems it. With --rate the load is open: commands go out when they are\n"
           "due, and latency counts from then, so a stall of the server shows in full. Without a rate,\n"
           "each connection sends its next command when the last was answered. A repetition carries the\n"
           "key of a command sent before and must get the very same answer. At the end the views are\n"
           "compared with the answers: exit 0 when every law holds, 1 when one is broken. A server that\n"
           "is down is tried again, with the same keys, for some five seconds a command.\n"
           "Examples:\n"
           "  spate load --count 100000 --stock 10000\n"
           "  spate load --rate 2000 --spike 10x --duration 60 --claimants 1000000\n"
           "  spate load --batch 500 --count 1000000 --connections 8 --report run.json";
  }
  std::vector<Option> options() override {
    return {{"--campaign", &o_.campaign, "To redeem; opened when it is new (load-SEED)"},
            {"--stock", &o_.stock, "Pieces of the campaign, when it is opened"},
            {"--per-claimant", &o_.per_claimant_max, "Pieces a claimant may hold"},
            {"--claimants", &o_.claimants, "People who try; chosen evenly"},
            {"--count", &count_, "Commands in all, repetitions included (100000)", false, {}, 1},
            {"--duration", &o_.duration_s, "Seconds, with --rate and without --count", false, {}, 1},
            {"--rate", &o_.rate, "Commands a second; without it as fast as they are answered",
             false, {}, 1},
            {"--spike", &spike_, "The middle third of the time runs this many times as fast: 10x"},
            {"--duplicates", &o_.duplicates_percent, "Percent of commands that repeat an earlier one"},
            {"--batch", &o_.batch, "Commands a request, as NDJSON; 0 = one a request"},
            {"--connections", &o_.connections, "Kept alive", false, {}, 1},
            {"--seed", &o_.seed, "Claimants, repetitions and keys follow from it"},
            {"--report", &report_, "File for the JSON report; - is standard output"},
            server_option(server_)};
  }
  int run(Console& console) override;

 private:
  Result<void> check_options();
  Result<JsonValue> open_campaign(edge::HttpClient& client);
  void show_progress(const LoadRun& run, Console& console, bool last);
  void show_report(const LoadRun& run, const std::vector<LoadLaw>& laws, std::ostream& out);
  std::string json_report(const LoadRun& run, const std::vector<LoadLaw>& laws);
  Result<void> write_report(const std::string& json, Console& console);

  LoadOptions o_;
  uint64_t count_ = 0;
  std::string spike_, report_, server_;
  uint64_t total_ = 0;
  uint64_t lines_shown_ = 0;
  int64_t took_ns_ = 0;
};

Result<void> Load::check_options() {
  const auto bad = [](std::string detail) { return stop("usage", std::move(detail)); };
  if (!spike_.empty()) {
    char unit = 'x';
    unsigned long long factor = 0;
    if (std::sscanf(spike_.c_str(), "%llu%c", &factor, &unit) < 1 || unit != 'x' || factor < 1)
      return bad("--spike is a factor such as 10x");
    o_.spike = factor;
  }
  if (o_.spike > 1 && o_.rate == 0) return bad("--spike needs --rate: it multiplies it");
  if (o_.duration_s > 0 && o_.rate == 0) return bad("--duration needs --rate");
  if (o_.duration_s > 0 && count_ > 0) return bad("give --count or --duration, not both");
  o_.count = count_ > 0 ? count_ : o_.duration_s > 0 ? 0 : o_.count;
  if (o_.duplicates_percent > 90) return bad("--duplicates is a percentage up to 90");
  if (o_.connections < 1 || o_.connections > 10'000) return bad("--connections must be 1 to 10000");
  if (o_.claimants < 1) return bad("--claimants must be at least 1");
  if (o_.batch > 10'000) return bad("--batch must be at most 10000, the limit of the server");
  if (o_.campaign.empty()) o_.campaign = "load-" + std::to_string(o_.seed);
  return {};
}

Result<JsonValue> Load::open_campaign(edge::HttpClient& client) {
  const std::string body = "{\"stock\":" + std::to_string(o_.stock) +
                           ",\"per_claimant_max\":" + std::to_string(o_.per_claimant_max) + "}";
  TRY(const edge::ClientResponse response,
      client.post("/v1/redemptions/" + escaped(o_.campaign) + "/open", body));
  if (response.status != 200 && response.body.find("\"already_open\"") == std::string::npos)
    return stop("open_failed", "the campaign could not be opened: " + response.body);
  Position seen;
  if (const std::string* token = response.header("Spate-Position")) from_token(*token, seen);
  return campaign_view(client, o_.campaign, seen);
}

int Load::run(Console& console) {
  if (const auto checked = check_options(); !checked) return tell(checked.error(), console);
  const Result<edge::ServerAddress> server = server_address(server_);
  if (!server) return tell(server.error(), console);
  edge::HttpClient client(*server);
  const Result<JsonValue> before = open_campaign(client);
  if (!before) return tell(before.error(), console);
  o_.campaign_version = static_cast<uint64_t>(before->integer_of("version"));
  const SystemClock clock;
  const LoadPlan plan(o_);
  total_ = plan.commands().size();
  LoadRun load(o_, plan, *server, clock);
  load.run([&] { show_progress(load, console, false); });
  took_ns_ = load.elapsed_ns();
  show_progress(load, console, true);
  const auto audited = audit_load(client, o_, load.ledger(), *before);
  // A server that is gone cannot be audited; what it answered before is told all the same.
  const std::vector<LoadLaw> laws = audited.value_or(std::vector<LoadLaw>{});
  show_report(load, laws, report_ == "-" ? console.err : console.out);
  if (const auto written = write_report(json_report(load, laws), console); !written)
    return tell(written.error(), console);
  if (!audited) return tell(audited.error(), console);
  const bool holds =
      std::all_of(laws.begin(), laws.end(), [](const LoadLaw& l) { return l.holds; });
  return holds ? exit_done : exit_no;
}

/// One line rewritten on a terminal, else a line every two seconds.
void Load::show_progress(const LoadRun& run, Console& console, bool last) {
  if (!console.terminal && !last && lines_shown_++ % 10 != 0) return;
  const uint64_t done = run.ledger().answered() + run.ledger().undecided_total();
  const double elapsed = seconds(run.elapsed_ns());
  const double rate = elapsed > 0 ? static_cast<double>(done) / elapsed : 0;
  const int percent = static_cast<int>(done * 100 / std::max<uint64_t>(total_, 1));
  std::string bar(static_cast<std::size_t>(percent) * 30 / 100, '#');
  bar.resize(30, '.');
  char line[160];
  std::snprintf(line, sizeof line, "[%s] %3d %%  %llu of %llu  %.0f/s  p99 %.1f ms", bar.c_str(),
                percent, static_cast<unsigned long long>(done),
                static_cast<unsigned long long>(total_), rate,
                static_cast<double>(run.ledger().latency_ns().percentile(99)) / 1e6);
  console.err << (console.terminal ? "\r" : "") << line
              << (console.terminal && !last ? "\x1b[K" : "\n") << std::flush;
}

void Load::show_report(const LoadRun& run, const std::vector<LoadLaw>& laws, std::ostream& out) {
  const LoadLedger& ledger = run.ledger();
  char line[200];
  std::snprintf(line, sizeof line, "%llu commands answered in %.1f s: %.0f/s, %llu retries\n",
                static_cast<unsigned long long>(ledger.answered()), seconds(took_ns_),
                static_cast<double>(ledger.answered()) / std::max(seconds(took_ns_), 1e-9),
                static_cast<unsigned long long>(ledger.retries()));
  out << "\n" << line;
  for (const auto& [outcome, count] : ledger.outcomes()) out << "  " << outcome << ": " << count << "\n";
  for (const auto& [outcome, count] : ledger.undecided())
    out << "  without an answer (" << outcome << "): " << count << "\n";
  out << "  repetitions answered with their first outcome: " << ledger.repetitions_same() << "\n";
  const auto ms = [&](double percent) {
    return static_cast<double>(ledger.latency_ns().percentile(percent)) / 1e6;
  };
  std::snprintf(line, sizeof line, "latency (%s): p50 %.2f  p90 %.2f  p99 %.2f  p99.9 %.2f  max %.2f ms\n",
                o_.rate > 0 ? "from when each was due" : "from sending", ms(50), ms(90), ms(99),
                ms(99.9), ms(100));
  out << line;
  for (const LoadLaw& law : laws) out << (law.holds ? "  holds   " : "  BROKEN  ") << law.law << "\n";
}

std::string Load::json_report(const LoadRun& run, const std::vector<LoadLaw>& laws) {
  const LoadLedger& ledger = run.ledger();
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  json.member("campaign", o_.campaign);
  json.member("seed", o_.seed);
  json.member("rate", o_.rate);
  json.member("spike", o_.spike);
  json.member("batch", o_.batch);
  json.member("connections", o_.connections);
  json.member("commands", ledger.answered());
  json.key("seconds"), json.number(seconds(took_ns_));
  json.member("retries", ledger.retries());
  for (const auto& [name, counts] : {std::pair{"outcomes", &ledger.outcomes()},
                                     std::pair{"unanswered", &ledger.undecided()}}) {
    json.key(name), json.begin_object();
    for (const auto& [outcome, count] : *counts) json.member(outcome, count);
    json.end_object();
  }
  json.member("repetitions_same", ledger.repetitions_same());
  json.member("repetitions_different", ledger.repetitions_different());
  json.key("latency_ms"), json.begin_object();
  for (const auto& [name, percent] : {std::pair{"p50", 50.0}, {"p90", 90.0}, {"p99", 99.0},
                                      {"p99_9", 99.9}, {"max", 100.0}})
    json.key(name), json.number(static_cast<double>(ledger.latency_ns().percentile(percent)) / 1e6);
  json.end_object();
  json.key("audit"), json.begin_array();
  for (const LoadLaw& law : laws) {
    json.begin_object();
    json.member("law", law.law);
    json.member("holds", law.holds);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return text + "\n";
}

Result<void> Load::write_report(const std::string& json, Console& console) {
  if (report_.empty()) return {};
  if (report_ == "-") return void(console.out << json), Result<void>{};
  std::FILE* file = std::fopen(report_.c_str(), "w");
  const bool written = file != nullptr && std::fputs(json.c_str(), file) >= 0;
  if (file == nullptr || std::fclose(file) != 0 || !written)
    return stop("report_unwritable", report_ + " cannot be written: choose another --report");
  return {};
}

}  // namespace

std::unique_ptr<Command> load_command() { return std::make_unique<Load>(); }

}  // namespace spate::cli
