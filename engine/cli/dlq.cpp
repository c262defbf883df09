// spate dlq: list and show the commands that were refused, as they came and why.
#include <ostream>

#include "engine/app/refused_commands.hpp"
#include "engine/base/base64url.hpp"
#include "engine/base/text.hpp"
#include "engine/cli/client.hpp"
#include "engine/cli/commands.hpp"
#include "engine/cli/log_flags.hpp"
#include "engine/codec/json.hpp"
#include "engine/log/kafka_topics.hpp"

namespace spate::cli {
namespace {

/// Text as it is; other bytes as base64url behind a word that says so.
std::string shown(const std::string& bytes) {
  return is_utf8(bytes) ? bytes : "base64url:" + base64url(bytes);
}

JsonValue shown(const std::optional<std::string>& bytes) {
  return bytes ? text_value(shown(*bytes)) : JsonValue{};
}

JsonValue object_of(const RefusedCommand& refused) {
  return object_value({{"at", text_value(to_rfc3339(refused.at))},
                       {"domain", text_value(refused.domain)},
                       {"partition", integer_value(refused.partition.index)},
                       {"sequence", integer_value(refused.sequence)},
                       {"stream", text_value(refused.stream)},
                       {"command_id", text_value(to_hex(refused.id))},
                       {"reason", text_value(refused.reason)}});
}

class DeadLetterList final : public Command {
 public:
  std::string_view name() const override { return "dlq list"; }
  std::string_view summary() const override { return "List the commands that were refused"; }
  std::string_view lesson() const override {
    return "What another system sent and nobody could understand: no event, no such command, a body\n"
           "against the schema, a key in the wrong partition. Each was refused once and stops nobody.\n"
           "They are read from the outcomes, which are kept for ever; spate.DOMAIN.dlq.v1 holds the\n"
           "same records for other tools, as long as its retention says.\n"
           "Exit 0, also when there are none; 3 when no broker answers.\n"
           "Examples:\n"
           "  spate dlq list --kafka 127.0.0.1:9092 -o table\n"
           "  spate dlq list --data ./data --domain orders --limit 20 | jq -r '.[].reason'";
  }
  std::vector<Option> options() override {
    std::vector<Option> all = log_.options();
    all.push_back({"--domain", &domain_, "Only this one"});
    all.push_back({"--limit", &limit_, "The newest so many", false, {}, 1});
    all.push_back(output_option(output_));
    return all;
  }
  int run(Console& console) override {
    const Result<JsonValue> list = refused(console);
    if (!list) return tell_of_log(list.error(), console);
    print(*list, output_, console.out);
    return exit_done;
  }

 private:
  Result<JsonValue> refused(Console& console) const {
    TRY(const auto catalog, Catalog::load(domains()));
    TRY(const auto source, log_.open(*catalog, console));
    TRY(const auto found, find_refused(source->log(), *catalog, {domain_, limit_, {}}));
    JsonValue list = list_value();
    for (const RefusedCommand& one : found) list.items.push_back(object_of(one));
    return list;
  }

  LogFlags log_;
  std::string domain_, output_ = "json";
  uint64_t limit_ = 100;
};

class DeadLetterShow final : public Command {
 public:
  std::string_view name() const override { return "dlq show"; }
  std::string_view summary() const override { return "Show one refused command as it came"; }
  std::string_view lesson() const override {
    return "Key, value and headers of the record, where it came from and why it was refused. Bytes that\n"
           "are no UTF-8 are shown as `base64url:…`. To send it again, mend it and produce it to the\n"
           "command topic with an id of its own.\n"
           "Exit 1 when no refused command has that id.\n"
           "Examples:\n"
           "  spate dlq show ee9f59d555a1026feca6b04270019aea --kafka 127.0.0.1:9092\n"
           "  spate dlq show ee9f59d555a1026feca6b04270019aea --data ./data -o yaml";
  }
  std::vector<Option> options() override {
    std::vector<Option> all{{"COMMAND_ID", &id_, "32 hex digits, as `dlq list` shows them", true}};
    for (Option& option : log_.options()) all.push_back(std::move(option));
    all.push_back(output_option(output_));
    return all;
  }
  int run(Console& console) override {
    const Result<JsonValue> one = refused(console);
    if (!one) {
      const int code = tell_of_log(one.error(), console);
      return one.error().code == "not_refused" ? exit_no : code;
    }
    print(*one, output_, console.out);
    return exit_done;
  }

 private:
  Result<JsonValue> refused(Console& console) const {
    CommandId id;
    if (!from_hex(id_, id))
      return stop("usage", "'" + id_ + "' is no command id: 32 hex digits, as `spate dlq list` shows");
    TRY(const auto catalog, Catalog::load(domains()));
    TRY(const auto source, log_.open(*catalog, console));
    TRY(const auto found, find_refused(source->log(), *catalog, {"", 1, id}));
    if (found.empty())
      return stop("not_refused", "no refused command has the id " + id_ + "; see `spate dlq list`");
    return whole(found.front());
  }

  static JsonValue whole(const RefusedCommand& refused) {
    JsonValue item = object_of(refused);
    if (refused.offset >= 0) {
      item.members.emplace_back(
          "topic", text_value(kafka_topic_name(refused.domain, LogSide::commands)));
      item.members.emplace_back("offset", integer_value(static_cast<uint64_t>(refused.offset)));
    }
    item.members.emplace_back("key", shown(refused.key));
    JsonValue headers = list_value();
    for (const auto& [name, value] : refused.headers)
      headers.items.push_back(object_value(
          {{"name", text_value(shown(name))}, {"value", text_value(shown(value))}}));
    item.members.emplace_back("headers", std::move(headers));
    item.members.emplace_back("value", shown(refused.value));
    if (!refused.is_whole)
      item.members.emplace_back("kept", text_value("the beginning"));
    return item;
  }

  LogFlags log_;
  std::string id_, output_ = "json";
};

}  // namespace

std::unique_ptr<Command> dlq_list_command() { return std::make_unique<DeadLetterList>(); }
std::unique_ptr<Command> dlq_show_command() { return std::make_unique<DeadLetterShow>(); }

}  // namespace spate::cli
