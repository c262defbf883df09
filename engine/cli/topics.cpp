// spate topics plan|apply|check: the topics of a Kafka cluster against topics.yaml.
#include <ostream>

#include "engine/app/topics_plan.hpp"
#include "engine/app/wanted_domains.hpp"
#include "engine/cli/client.hpp"
#include "engine/cli/commands.hpp"
#include "engine/cli/log_flags.hpp"
#include "engine/log/kafka_identity.hpp"
#include "engine/log/kafka_rd_admin.hpp"
#include "engine/log/kafka_topics.hpp"

namespace spate::cli {
namespace {

constexpr int timeout_ms = 15'000;

using ShownMembers = std::vector<std::pair<std::string, JsonValue>>;

const char* name_of(TopicStep::Kind kind) {
  switch (kind) {
    case TopicStep::Kind::create: return "create";
    case TopicStep::Kind::change: return "change";
    case TopicStep::Kind::refuse: return "refuse";
    case TopicStep::Kind::keep: break;
  }
  return "keep";
}

JsonValue topics_value(const TopicsPlan& plan) {
  JsonValue topics = list_value();
  for (const TopicStep& step : plan.steps) {
    JsonValue lines = list_value();
    for (const std::string& line : step.lines) lines.items.push_back(text_value(line));
    topics.items.push_back(object_value({{"topic", text_value(step.wanted.name)},
                                         {"step", text_value(name_of(step.kind))},
                                         {"lines", std::move(lines)}}));
  }
  return topics;
}

void print_plan(const TopicsPlan& plan, std::ostream& out) {
  std::size_t kept = 0;
  for (const TopicStep& step : plan.steps) {
    if (step.kind == TopicStep::Kind::keep) {
      ++kept;
      continue;
    }
    const char* mark = step.kind == TopicStep::Kind::create   ? "+ create "
                       : step.kind == TopicStep::Kind::change ? "~ change "
                                                              : "! REFUSE ";
    out << mark << step.wanted.name << "\n";
    for (const std::string& line : step.lines) out << "    " << line << "\n";
  }
  out << kept << " of " << plan.steps.size() << " topics are as they should be\n";
}

/// What came of a comparison, for people and as members of the value.
struct Told {
  int code = exit_done;
  std::string text;
  ShownMembers more;
};

/// What the three share: the flags, the cluster, the comparison, the two forms in which it is told.
class Topics : public Command {
 public:
  std::vector<Option> options() override {
    return {{"--kafka", &kafka_, "HOST:PORT,… of the brokers; else the setting kafka.brokers"},
            {"--environment", &environment_, "dev, qat, uat or prod; else the setting environment"},
            {"--topics", &topics_, "Another topics.yaml than the one built in"},
            {"--config", &config_, "YAML file of settings (TLS, SASL: kafka.common.*)"},
            output_option(output_)};
  }

  int run(Console& console) final {
    const Result<int> code = compare_and_act(console);
    return code ? *code : tell_of_log(code.error(), console);
  }

 protected:
  virtual Result<Told> act(const TopicsPlan& plan, KafkaRdAdmin& admin, Console& console) = 0;
  std::vector<std::string> domains_;

 private:
  void show(const TopicsPlan& plan, std::ostream& out) const {
    out << "cluster " << cluster_ << ", " << brokers_ << " broker" << (brokers_ == 1 ? "" : "s")
        << ", environment " << environment_in_use_ << "\n";
    print_plan(plan, out);
  }
  void show_value(const TopicsPlan& plan, ShownMembers more, std::ostream& out) const {
    ShownMembers members{{"cluster", text_value(cluster_)},
                    {"brokers", integer_value(brokers_)},
                    {"environment", text_value(environment_in_use_)},
                    {"refused", boolean_value(plan.refused())},
                    {"differs", boolean_value(!plan.done())},
                    {"topics", topics_value(plan)}};
    for (auto& member : more) members.push_back(std::move(member));
    print(object_value(std::move(members)), output_, out);
  }

  Result<int> compare_and_act(Console& console) {
    TRY(const Config config, cluster_config(config_, console, {{"kafka.brokers", kafka_},
                                                               {"environment", environment_},
                                                               {"topics", topics_}}));
    if (config.kafka.brokers.empty())
      return stop("config_invalid",
                  "which cluster? Name its brokers: --kafka 127.0.0.1:9092, or kafka.brokers");
    TRY(const TopicsFile file, topics_file(config));
    TRY(const auto wanted, wanted_topics(file, config.environment));
    for (const auto& [domain, partitions] : file.partitions) domains_.push_back(domain);
    TRY(const auto admin,
        KafkaRdAdmin::open(config.kafka.brokers, config.kafka.properties, timeout_ms, nullptr));
    TRY(cluster_, admin->cluster_id());
    TRY(brokers_, admin->brokers());
    std::vector<std::string> names;
    for (const KafkaTopicState& topic : wanted) names.push_back(topic.name);
    TRY(const auto present, admin->describe(names));
    environment_in_use_ = config.environment;
    const TopicsPlan plan = plan_topics(wanted, present, config.environment);
    const bool is_table = output_ == "table";
    if (is_table) show(plan, console.out);  // before anything is changed
    TRY(Told told, act(plan, *admin, console));
    if (is_table) console.out << told.text;
    else show_value(plan, std::move(told.more), console.out);
    return told.code;
  }

  std::string kafka_, environment_, topics_, config_, output_ = "table";
  std::string cluster_, environment_in_use_;
  std::size_t brokers_ = 0;
};

class TopicsShow final : public Topics {
 public:
  std::string_view name() const override { return "topics plan"; }
  std::string_view summary() const override {
    return "Show what `topics apply` would do to a Kafka cluster";
  }
  std::string_view lesson() const override {
    return "Changes nothing. + topics that would be made, ~ settings that would change, ! what is\n"
           "refused because it would break the order of a stream or lose data, and why.\n"
           "Exit 0, or 1 when something is refused, 3 when no broker answers.\n"
           "Examples:\n"
           "  spate topics plan --kafka 127.0.0.1:9092\n"
           "  spate topics plan --kafka b1:9092,b2:9092 --environment prod --config spate.yaml\n"
           "  spate topics plan --kafka 127.0.0.1:9092 -o json | jq '.topics[].step'";
  }
  Result<Told> act(const TopicsPlan& plan, KafkaRdAdmin&, Console&) override {
    return Told{plan.refused() ? exit_no : exit_done, {}, {}};
  }
};

class TopicsCheck final : public Topics {
 public:
  std::string_view name() const override { return "topics check"; }
  std::string_view summary() const override {
    return "Say whether a Kafka cluster's topics are as topics.yaml wants them";
  }
  std::string_view lesson() const override {
    return "For scripts and probes: exit 0 when nothing differs and the cluster knows which log it\n"
           "holds, else 1 with the differences; 3 when no broker answers.\n"
           "Example:\n"
           "  spate topics check --kafka 127.0.0.1:9092 || spate topics plan --kafka 127.0.0.1:9092";
  }
  Result<Told> act(const TopicsPlan& plan, KafkaRdAdmin& admin, Console&) override {
    TRY(const auto identity, read_kafka_identity(admin));
    return Told{plan.done() && identity ? exit_done : exit_no, text_of(identity),
                {{"log", identity ? text_value(to_text(identity->log)) : JsonValue()},
                 {"move", identity ? text_value(to_text(identity->move)) : JsonValue()}}};
  }

 private:
  static std::string text_of(const std::optional<KafkaIdentity>& identity) {
    if (!identity) return "no log identity in " + std::string(kafka_ownership_topic) + " yet\n";
    const bool is_here = identity->move.state == KafkaMove::State::here;
    return to_text(identity->log) + "\n" + (is_here ? "" : to_text(identity->move) + "\n");
  }
};

class TopicsApply final : public Topics {
 public:
  std::string_view name() const override { return "topics apply"; }
  std::string_view summary() const override {
    return "Make and change the topics of a Kafka cluster as topics.yaml wants them";
  }
  std::string_view lesson() const override {
    return "Makes what is missing, changes settings in place, never removes anything. When something\n"
           "is refused, nothing at all is done. Writes the log's identity into spate.ownership.v1 if\n"
           "there is none. May be run again at any time: what is right is left alone.\n"
           "Exit 0 when all is as it should be, 1 when something is refused, 3 when no broker answers.\n"
           "Examples:\n"
           "  spate topics apply --kafka 127.0.0.1:9092\n"
           "  spate serve --kafka 127.0.0.1:9092 --data ./data --insecure-dev";
  }
  Result<Told> act(const TopicsPlan& plan, KafkaRdAdmin& admin, Console& console) override {
    if (plan.refused()) {
      console.err << "nothing was done: first mend what is refused\n";
      return Told{exit_no, {}, {{"log", JsonValue()}}};
    }
    for (const TopicStep& step : plan.steps) {
      if (step.kind == TopicStep::Kind::create) TRY(admin.create(step.wanted));
      if (step.kind == TopicStep::Kind::change) TRY(admin.alter(step.wanted.name, step.changes));
    }
    TRY(const KafkaIdentity identity, make_kafka_identity(admin, domains_));
    const std::string log = to_text(identity.log);
    return Told{exit_done, (plan.done() ? "nothing to do\n" : "done\n") + log + "\n",
                {{"log", text_value(log)}}};
  }
};

}  // namespace

std::unique_ptr<Command> topics_plan_command() { return std::make_unique<TopicsShow>(); }
std::unique_ptr<Command> topics_apply_command() { return std::make_unique<TopicsApply>(); }
std::unique_ptr<Command> topics_check_command() { return std::make_unique<TopicsCheck>(); }

}  // namespace spate::cli
