// Requests to the cluster, each sent and waited for.
#include "engine/log/kafka_rd_admin.hpp"

#include <algorithm>
#include <thread>

namespace spate {
namespace {

/// Errors that say nothing about what was asked, only that nobody answered.
bool is_unreachable(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR__TIMED_OUT || error == RD_KAFKA_RESP_ERR__TRANSPORT ||
         error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || error == RD_KAFKA_RESP_ERR__RESOLVE ||
         error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
         error == RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT;
}

tl::unexpected<Fault> fault_of(rd_kafka_resp_err_t error, const std::string& what,
                               const char* why) {
  const std::string detail = what + ": " + (why == nullptr ? rd_kafka_err2str(error) : why);
  return is_unreachable(error) ? retry("kafka_unreachable", detail) : stop("kafka_refused", detail);
}

}  // namespace

KafkaRdAdmin::KafkaRdAdmin(const std::string& brokers, const KafkaProperties& properties,
                           int timeout_ms, KafkaTell tell)
    : brokers_(brokers),
      properties_(properties),
      timeout_ms_(timeout_ms),
      callbacks_([this, tell = std::move(tell)](const std::string& what) {
        trouble_.note(what);
        if (tell) tell(what);
      }) {}

KafkaRdAdmin::~KafkaRdAdmin() = default;

Result<std::unique_ptr<KafkaRdAdmin>> KafkaRdAdmin::open(const std::string& brokers,
                                                         const KafkaProperties& properties,
                                                         int timeout_ms, KafkaTell tell) {
  TRY(check_kafka_properties(properties));
  std::unique_ptr<KafkaRdAdmin> admin(
      new KafkaRdAdmin(brokers, properties, timeout_ms, std::move(tell)));
  TRY(RdConf conf, admin->conf(KafkaRole::admin, {}));
  TRY(admin->instance_, kafka_instance(KafkaRole::admin, std::move(conf)));
  return admin;
}

Result<RdConf> KafkaRdAdmin::conf(KafkaRole role, KafkaPropertyList ours) {
  ours.emplace_back("bootstrap.servers", brokers_);
  ours.emplace_back("client.id", "spate-admin");
  return kafka_conf(role, properties_, ours, callbacks_);
}

tl::unexpected<Fault> KafkaRdAdmin::nobody_answers() const {
  return retry("kafka_unreachable", "no broker of " + brokers_ + " answers" + trouble_.text());
}

Result<std::string> KafkaRdAdmin::cluster_id() {
  const std::unique_ptr<char, void (*)(char*)> id(
      rd_kafka_clusterid(instance_.get(), timeout_ms_),
      [](char* text) { rd_kafka_mem_free(nullptr, text); });
  if (id == nullptr) return nobody_answers();
  return std::string(id.get());
}

namespace {

Result<RdMetadata> metadata_of(rd_kafka_t* instance, int timeout_ms) {
  const rd_kafka_metadata_t* found = nullptr;
  const auto error = rd_kafka_metadata(instance, 1, nullptr, &found, timeout_ms);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return fault_of(error, "asking for topics", nullptr);
  return RdMetadata(found);
}

}  // namespace

Result<std::size_t> KafkaRdAdmin::brokers() {
  TRY(const RdMetadata metadata, metadata_of(instance_.get(), timeout_ms_));
  return static_cast<std::size_t>(metadata->broker_cnt);
}

Result<std::vector<KafkaTopicState>> KafkaRdAdmin::describe(
    const std::vector<std::string>& names) {
  TRY(const RdMetadata metadata, metadata_of(instance_.get(), timeout_ms_));
  std::vector<KafkaTopicState> topics;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const rd_kafka_metadata_topic_t& topic = metadata->topics[i];
    if (std::find(names.begin(), names.end(), topic.topic) == names.end()) continue;
    if (topic.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) continue;
    if (topic.err != RD_KAFKA_RESP_ERR_NO_ERROR)
      return fault_of(topic.err, std::string("topic ") + topic.topic, nullptr);
    KafkaTopicState& state = topics.emplace_back();
    state.name = topic.topic;
    state.partitions = static_cast<uint32_t>(topic.partition_cnt);
    for (int p = 0; p < topic.partition_cnt; ++p)
      state.replication = std::max(state.replication,
                                   static_cast<uint32_t>(topic.partitions[p].replica_cnt));
  }
  if (!topics.empty()) TRY(describe_settings(topics));
  return topics;
}

Result<RdEvent> KafkaRdAdmin::ask(rd_kafka_admin_op_t operation, const Fill& fill) {
  const RdQueue answers(rd_kafka_queue_new(instance_.get()));
  const RdAdminOptions options(rd_kafka_AdminOptions_new(instance_.get(), operation));
  char why[256] = "";
  rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout_ms_, why, sizeof why);
  if (operation == RD_KAFKA_ADMIN_OP_CREATETOPICS)  // back when the partitions have leaders
    rd_kafka_AdminOptions_set_operation_timeout(options.get(), timeout_ms_, why, sizeof why);
  fill(options.get(), answers.get());
  RdEvent event(rd_kafka_queue_poll(answers.get(), timeout_ms_ + 1'000));
  if (event == nullptr) return nobody_answers();
  const auto error = rd_kafka_event_error(event.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
    return fault_of(error, brokers_, rd_kafka_event_error_string(event.get()));
  return event;
}

Result<void> KafkaRdAdmin::describe_settings(std::vector<KafkaTopicState>& topics) {
  std::vector<RdConfigs> asked;
  std::vector<rd_kafka_ConfigResource_t*> pointers;
  for (const KafkaTopicState& topic : topics) {
    asked.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.name.c_str()));
    pointers.push_back(asked.back().get());
  }
  TRY(const RdEvent event,
      ask(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, [&](auto* options, auto* answers) {
        rd_kafka_DescribeConfigs(instance_.get(), pointers.data(), pointers.size(), options,
                                 answers);
      }));
  std::size_t count = 0;
  const rd_kafka_ConfigResource_t** found = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = rd_kafka_ConfigResource_name(found[i]);
    if (const auto error = rd_kafka_ConfigResource_error(found[i]))
      return fault_of(error, "settings of " + name, rd_kafka_ConfigResource_error_string(found[i]));
    const auto topic = std::find_if(topics.begin(), topics.end(),
                                    [&](const auto& t) { return t.name == name; });
    if (topic == topics.end()) continue;
    std::size_t entries = 0;
    const auto** entry = rd_kafka_ConfigResource_configs(found[i], &entries);
    for (std::size_t e = 0; e < entries; ++e) {
      const char* value = rd_kafka_ConfigEntry_value(entry[e]);
      topic->settings[rd_kafka_ConfigEntry_name(entry[e])] = {
          value == nullptr ? "" : value, rd_kafka_ConfigEntry_source(entry[e]) ==
                                             RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG};
    }
  }
  return {};
}

Result<void> KafkaRdAdmin::create(const KafkaTopicState& topic) {
  char why[512] = "";
  const RdNewTopic wanted(rd_kafka_NewTopic_new(topic.name.c_str(),
                                                static_cast<int>(topic.partitions),
                                                static_cast<int>(topic.replication), why,
                                                sizeof why));
  if (wanted == nullptr) return stop("kafka_refused", topic.name + ": " + why);
  for (const auto& [name, setting] : topic.settings)
    rd_kafka_NewTopic_set_config(wanted.get(), name.c_str(), setting.value.c_str());
  rd_kafka_NewTopic_t* pointer = wanted.get();
  TRY(const RdEvent event,
      ask(RD_KAFKA_ADMIN_OP_CREATETOPICS, [&](auto* options, auto* answers) {
        rd_kafka_CreateTopics(instance_.get(), &pointer, 1, options, answers);
      }));
  std::size_t count = 0;
  const rd_kafka_topic_result_t** made = rd_kafka_CreateTopics_result_topics(
      rd_kafka_event_CreateTopics_result(event.get()), &count);
  if (const auto error = rd_kafka_topic_result_error(made[0]))
    return fault_of(error, "creating " + topic.name, rd_kafka_topic_result_error_string(made[0]));
  return await_leaders(topic);
}

/// Brokers learn of a topic a little later than its maker: who asks them meanwhile waits a second.
Result<void> KafkaRdAdmin::await_leaders(const KafkaTopicState& made) {
  for (int waited_ms = 0;; waited_ms += 10) {
    TRY(const RdMetadata metadata, metadata_of(instance_.get(), timeout_ms_));
    for (int i = 0; i < metadata->topic_cnt; ++i) {
      const rd_kafka_metadata_topic_t& topic = metadata->topics[i];
      if (made.name != topic.topic || topic.partition_cnt != static_cast<int>(made.partitions))
        continue;
      if (std::all_of(topic.partitions, topic.partitions + topic.partition_cnt,
                      [](const auto& partition) { return partition.leader >= 0; }))
        return {};
    }
    if (waited_ms >= timeout_ms_)
      return retry("kafka_unreachable", made.name + " was made, but has no leaders yet");
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

/// librdkafka 2.0 only knows the request that replaces all own settings of a topic.
Result<void> KafkaRdAdmin::alter(const std::string& topic,
                                 const std::map<std::string, std::string>& settings) {
  TRY(const std::vector<KafkaTopicState> now, describe({topic}));
  if (now.empty()) return stop("kafka_refused", "there is no topic " + topic);
  std::map<std::string, std::string> all = settings;
  for (const auto& [name, setting] : now.front().settings)
    if (setting.own) all.emplace(name, setting.value);
  const RdConfigs change(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  for (const auto& [name, value] : all)
    rd_kafka_ConfigResource_set_config(change.get(), name.c_str(), value.c_str());
  rd_kafka_ConfigResource_t* pointer = change.get();
  TRY(const RdEvent event,
      ask(RD_KAFKA_ADMIN_OP_ALTERCONFIGS, [&](auto* options, auto* answers) {
        rd_kafka_AlterConfigs(instance_.get(), &pointer, 1, options, answers);
      }));
  std::size_t count = 0;
  const rd_kafka_ConfigResource_t** changed = rd_kafka_AlterConfigs_result_resources(
      rd_kafka_event_AlterConfigs_result(event.get()), &count);
  if (const auto error = rd_kafka_ConfigResource_error(changed[0]))
    return fault_of(error, "settings of " + topic,
                    rd_kafka_ConfigResource_error_string(changed[0]));
  return {};
}

}  // namespace spate
