// spate tail: outcomes as they become durable, a line each.
#include <ostream>

#include "engine/cli/client.hpp"
#include "engine/cli/commands.hpp"
#include "engine/cli/outcome_lines.hpp"

namespace spate::cli {
namespace {

class TailOutcomes final : public Command {
 public:
  std::string_view name() const override { return "tail"; }
  std::string_view summary() const override { return "Follow the outcomes of a domain, a line each"; }
  std::string_view lesson() const override {
    return "Each line is what became of one command: accepted with its events, or rejected with the\n"
           "reason. Its `position` can be given to --from, to go on behind it: with --stream; without,\n"
           "other partitions than its own begin at their beginning. Ctrl-C ends it.\n"
           "Examples:\n"
           "  spate tail redemptions\n"
           "  spate tail redemptions --from beginning --stream sale-1 --once | jq .outcome\n"
           "  spate tail orders -o table";
  }
  std::vector<Option> options() override {
    return {{"DOMAIN", &domain_, "For example redemptions", true},
            {"--from", &from_, "beginning, end, or a position"},
            {"--stream", &stream_, "Only this one"},
            {"--once", &once_, "End when there is nothing new"},
            server_option(server_),
            output_option(output_)};
  }

  int run(Console& console) override {
    const Result<edge::ServerAddress> server = server_address(server_);
    if (!server) return tell(server.error(), console);
    edge::HttpClient client(*server);
    std::string target = first_page();
    for (;;) {
      // The server holds the request until there is something new.
      edge::ClientRequest request{"GET", target, {{"Prefer", once_ ? "wait=0" : "wait=30"}}, {}};
      const Result<edge::ClientResponse> page = client.request(request);
      if (!page) return tell(page.error(), console);
      if (page->status != 200) return judge(*page, console);
      const Result<JsonValue> body = JsonValue::parse(page->body);
      if (!body) return tell(body.error(), console);
      const std::string next = body->text_of("next");
      const bool found_any = show(*body, console.out);
      if (!console.out || next.empty()) return exit_done;  // nobody reads any more
      if (once_ && !found_any && next == target) return exit_done;
      target = next;
    }
  }

 private:
  /// A line an outcome; false when there was none.
  bool show(const JsonValue& page, std::ostream& out) {
    const JsonValue* items = page.find("items");
    if (items == nullptr) return false;
    for (const JsonValue& item : items->items) {
      std::string line;
      JsonWriter writer(line);
      item.write(writer);
      lines_.print(line, out);
    }
    out.flush();
    return !items->items.empty();
  }
  std::string first_page() const {
    std::string target = "/v1/" + escaped(domain_) + "/outcomes?limit=1000&from=" + escaped(from_);
    return stream_.empty() ? target : target + "&stream=" + escaped(stream_);
  }

  std::string domain_, stream_, server_;
  std::string from_ = "end";
  std::string output_ = "json";
  OutcomeLines lines_{output_, {{"at", 30}, {"stream", 16}, {"command", 8}, {"outcome", 8}}};
  bool once_ = false;
};

}  // namespace

std::unique_ptr<Command> tail_command() { return std::make_unique<TailOutcomes>(); }

}  // namespace spate::cli
