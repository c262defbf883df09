// spate history: what became of every command of one stream, and who wished it.
#include <ostream>

#include "engine/api/envelope.hpp"
#include "engine/cli/client.hpp"
#include "engine/cli/commands.hpp"
#include "engine/cli/outcome_lines.hpp"
#include "engine/cli/past_flags.hpp"
#include "engine/codec/history_json.hpp"
#include "engine/log/outcome_walk.hpp"

namespace spate::cli {
namespace {

class History final : public Command {
 public:
  std::string_view name() const override { return "history"; }
  std::string_view summary() const override {
    return "Show the commands of a stream: who, when, what became of each, why not";
  }
  std::string_view lesson() const override {
    return "In the order in which they were decided, refused and rejected ones, too. The log has no\n"
           "index by stream: the outcomes of its partition are looked through, --budget of them at\n"
           "most, and what it says at the end tells how far that was and how to go on. `key` is what\n"
           "the sender called the command, `body` what it wished; fields marked secret are left out.\n"
           "On Kafka the topics forget commands, so there both are missing.\n"
           "Exit 0; 1 when there was never such a stream, or the budget was spent before the end.\n"
           "Examples:\n"
           "  spate history redemptions sale-1\n"
           "  spate history redemptions sale-1 --from 2026-11-29T18:00:00Z --limit 20 -o json\n"
           "  spate history redemptions sale-1 --data ./data            # with the server stopped";
  }
  std::vector<Option> options() override {
    return {{"DOMAIN", &domain_, "For example redemptions", true},
            {"STREAM", &stream_, "The one to look back at", true},
            {"--from", &from_, "beginning, behind a position, or from a time (RFC 3339) on"},
            {"--limit", &limit_, "Show at most so many commands (100)", false, {}, 1},
            {"--budget", &budget_, "Look at so many outcomes at most (10000000)", false, {}, 1},
            {"--data", &data_, "Directory of a stopped server, in place of --server"},
            server_option(server_),
            output_option(output_)};
  }

  int run(Console& console) override {
    if (limit_ == 0 || budget_ == 0)
      return tell({"usage", FaultAction::stop, "--limit and --budget are 1 or more"}, console);
    if (!data_.empty() && !server_.empty())
      return tell({"usage", FaultAction::stop, "give either --data or --server"}, console);
    return data_.empty() ? ask(console) : look(console);
  }

 private:
  struct Reached {
    uint64_t shown = 0;
    uint64_t looked_at = 0;
    std::string next;  ///< a position to go on behind; empty = that was all
  };

  int ask(Console& console) {
    const Result<edge::ServerAddress> server = server_address(server_);
    if (!server) return tell(server.error(), console);
    edge::HttpClient client(*server);
    Reached reached{0, 0, from_};
    while (!reached.next.empty() && reached.shown < limit_ && reached.looked_at < budget_) {
      const std::string target = "/v1/" + escaped(domain_) + "/" + escaped(stream_) +
                                 "/history?limit=" +
                                 std::to_string(std::min<uint64_t>(1000, limit_ - reached.shown)) +
                                 "&from=" + escaped(reached.next);
      const Result<edge::ClientResponse> page = client.request({"GET", target, {}, {}});
      if (!page) return tell(page.error(), console);
      if (page->status != 200) {
        const int code = judge(*page, console);
        const Result<JsonValue> problem = JsonValue::parse(page->body);
        return problem && problem->text_of("code") == "unknown_stream" ? exit_no : code;
      }
      const Result<JsonValue> body = JsonValue::parse(page->body);
      if (!body) return tell(body.error(), console);
      reached.shown += show(*body, console.out);
      reached.looked_at += static_cast<uint64_t>(body->integer_of("looked_at"));
      const std::string* at = page->header("Spate-Position");
      reached.next = body->text_of("next").empty() || at == nullptr ? "" : *at;
      if (!console.out) return exit_done;  // nobody reads any more
    }
    return sum_up(reached, console);
  }

  uint64_t show(const JsonValue& page, std::ostream& out) {
    const JsonValue* items = page.find("items");
    if (items == nullptr) return 0;
    for (const JsonValue& item : items->items) {
      std::string line;
      JsonWriter writer(line);
      item.write(writer);
      lines_.print(line, out);
    }
    return items->items.size();
  }

  int look(Console& console) {
    Reached reached;
    const Result<void> looked = walk(reached, console.out);
    return looked ? sum_up(reached, console) : tell(looked.error(), console);
  }

  Result<Sequence> beginning(const StoppedStream& stream) const {
    if (from_ == "beginning") return Sequence{};
    TRY(const PastPoint point, find_point(stream, "--from", from_));
    if (!point.time) return point.sequence;
    return last_until(stream.log(), stream.partition, {point.time->ns - 1});
  }

  Result<void> walk(Reached& reached, std::ostream& out) {
    TRY(const StoppedStream stream, open_stream(data_, domain_, stream_));
    TRY(const Sequence began, beginning(stream));
    OutcomeWalk walk(stream.log(), stream.partition, began);
    Result<void> shown;
    TRY(const auto pause, walk.step(budget_, [&](const RecordView& record) {
      const envelope::Outcome& outcome = outcome_of(record.body);
      if (text_of(outcome.stream()) != stream_) return true;
      shown = show(stream, record, out);
      return shown && ++reached.shown < limit_ && out;
    }));
    TRY(shown);
    reached.looked_at = walk.at().value - began.value;
    if (pause != OutcomeWalk::Pause::ended) reached.next = stream.position(walk.at());
    return {};
  }

  Result<void> show(const StoppedStream& stream, const RecordView& record, std::ostream& out) {
    const envelope::Outcome& outcome = outcome_of(record.body);
    TRY(const KeptCommand wish, command_of_outcome(stream.log(), stream.partition, outcome));
    line_.clear();
    JsonWriter json(line_);
    write_history(*stream.domain, outcome, wish.command, stream.position({record.head.number}),
                  json);
    lines_.print(line_, out);
    return {};
  }

  /// On `err`, so that what is piped on is outcomes alone.
  int sum_up(const Reached& reached, Console& console) const {
    console.out.flush();
    const std::string looked = std::to_string(reached.looked_at) + " outcomes of its partition";
    const std::string go_on = "go on with --from " + reached.next + "\n";
    if (reached.next.empty() && reached.shown == 0 && from_ == "beginning") {
      console.err << "unknown_stream: no command was ever sent to '" << stream_ << "': all " << looked
                  << " were looked through\n";
      return exit_no;
    }
    console.err << reached.shown << " shown, " << looked << " looked at";
    if (reached.next.empty()) {
      console.err << ", to the end of the log\n";
      return exit_done;
    }
    if (reached.shown >= limit_) {
      console.err << "; there may be more: " << go_on;
      return exit_done;
    }
    console.err << ": the budget is spent before the end of the log; " << go_on;
    return exit_no;
  }

  std::string domain_, stream_, data_, server_, line_;
  std::string from_ = "beginning";
  std::string output_ = "table";
  uint64_t limit_ = 100;
  uint64_t budget_ = 10'000'000;
  OutcomeLines lines_{
      output_, {{"at", 30}, {"command", 8}, {"outcome", 8}, {"sender", 6}, {"key", 36}}};
};

}  // namespace

std::unique_ptr<Command> history_command() { return std::make_unique<History>(); }

}  // namespace spate::cli
