// Properties of librdkafka pass through, but for those that the protocol relies on.
#include "engine/log/kafka_rd_properties.hpp"

#include <gtest/gtest.h>
#include <sched.h>

#include <filesystem>
#include <fstream>
#include <thread>

namespace spate {
namespace {

TEST(KafkaProperties, ArePassedThrough) {
  EXPECT_EQ(kafka_property_fault("producer", "linger.ms", "5"), "");
  EXPECT_EQ(kafka_property_fault("common", "security.protocol", "SASL_SSL"), "");
  EXPECT_EQ(kafka_property_fault("common", "sasl.password", "secret"), "");
}

TEST(KafkaProperties, OfAnUnknownNameGetTheNearestOne) {
  EXPECT_EQ(kafka_property_fault("producer", "linger.sm", "5"),
            "is no property of librdkafka; did you mean kafka.producer.linger.ms?");
  // One that is unset by default is known as well.
  EXPECT_EQ(kafka_property_fault("common", "sasl.usernam", "x"),
            "is no property of librdkafka; did you mean kafka.common.sasl.username?");
  EXPECT_EQ(kafka_property_fault("common", "qqqqqqqqqqqqqqq", "x"), "is no property of librdkafka");
}

TEST(KafkaProperties, OfAValueThatCannotBeSayWhy) {
  const std::string fault = kafka_property_fault("producer", "linger.ms", "soon");
  EXPECT_TRUE(fault.starts_with("is refused by librdkafka: ")) << fault;
}

TEST(KafkaProperties, ThatTheProtocolOwnsAreRefusedWithTheReason) {
  for (const char* name :
       {"acks", "request.required.acks", "enable.idempotence", "message.timeout.ms",
        "delivery.timeout.ms", "transactional.id", "max.in.flight", "retries", "auto.offset.reset",
        "isolation.level", "group.id", "group.instance.id", "partition.assignment.strategy",
        "enable.auto.commit", "bootstrap.servers", "metadata.broker.list", "partitioner",
        "offset.store.method", "api.version.request", "topic.blacklist", "log.queue",
        "test.mock.num.brokers", "group.protocol.type"}) {
    const std::string fault = kafka_property_fault("common", name, "1");
    EXPECT_TRUE(fault.starts_with("cannot be set: ")) << name << ": " << fault;
    EXPECT_GT(fault.size(), 30u) << name;
  }
}

TEST(KafkaProperties, AreCheckedTogetherAndTheFaultNamesThePlace) {
  KafkaProperties properties;
  properties.common = {{"client.rack", "a"}};
  EXPECT_TRUE(check_kafka_properties(properties));
  properties.consumer = {{"group.id", "mine"}};
  const auto checked = check_kafka_properties(properties);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, "config_invalid");
  EXPECT_TRUE(checked.error().detail.starts_with("kafka.consumer.group.id cannot be set"));
}

TEST(KafkaProperties, ThatDoNotGoTogetherAreNamedWhenAnInstanceIsMade) {
  RdCallbacks callbacks(nullptr);
  KafkaProperties given;
  given.consumer = {{"fetch.max.bytes", "1"}};
  auto conf = kafka_conf(KafkaRole::follower, given, {}, callbacks);
  ASSERT_TRUE(conf);
  const auto made = kafka_instance(KafkaRole::follower, std::move(*conf));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, "kafka_client");
  EXPECT_NE(made.error().detail.find("fetch.max.bytes"), std::string::npos);
}

#ifndef __SANITIZE_THREAD__  // it knows no threads of C11, which librdkafka's are: they crash
/// How the system schedules each of librdkafka's threads in this process.
std::vector<int> policies_of_its_threads() {
  std::vector<int> policies;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    std::getline(std::ifstream(task.path() / "comm"), name);
    if (name.starts_with("rdk:"))
      policies.push_back(::sched_getscheduler(std::stoi(task.path().filename())));
  }
  return policies;
}

TEST(KafkaInstance, HasThreadsThatPushNobodyAside) {
  for (const KafkaRole role : {KafkaRole::session, KafkaRole::follower}) {
    RdCallbacks callbacks(nullptr);
    auto conf = kafka_conf(role, {}, {}, callbacks);
    ASSERT_TRUE(conf);
    auto made = kafka_instance(role, std::move(*conf));
    ASSERT_TRUE(made);
    EXPECT_EQ(::sched_getscheduler(0), SCHED_OTHER) << "who makes it is as before";
    std::vector<int> policies, all_quiet;
    for (int look = 0; look < 1'000 && (policies.empty() || policies != all_quiet); ++look) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));  // each begins in its own time
      policies = policies_of_its_threads();
      all_quiet.assign(policies.size(), SCHED_BATCH);
    }
    EXPECT_EQ(policies, all_quiet);
    EXPECT_FALSE(policies.empty());
    made->close();
  }
}
#endif

/// What the instance really runs with.
std::string value_of(const RdConf& conf, const char* name) {
  char value[256] = "";
  std::size_t bytes = sizeof value;
  EXPECT_EQ(rd_kafka_conf_get(conf.get(), name, value, &bytes), RD_KAFKA_CONF_OK) << name;
  return value;
}

TEST(KafkaProperties, OfASessionKeepTheProtocolsOwn) {
  RdCallbacks callbacks(nullptr);
  KafkaProperties given;
  given.common = {{"linger.ms", "7"}, {"client.rack", "a"}};
  given.producer = {{"linger.ms", "3"}};
  const auto conf = kafka_conf(KafkaRole::session, given, {{"client.id", "me"}}, callbacks);
  ASSERT_TRUE(conf);
  EXPECT_EQ(value_of(*conf, "enable.idempotence"), "true");
  EXPECT_EQ(value_of(*conf, "message.timeout.ms"), "0");
  EXPECT_EQ(value_of(*conf, "request.required.acks"), "-1");
  EXPECT_EQ(value_of(*conf, "socket.nagle.disable"), "true");
  EXPECT_EQ(value_of(*conf, "linger.ms"), "3");  // the special wins over the common
  EXPECT_EQ(value_of(*conf, "client.rack"), "a");
}

}  // namespace
}  // namespace spate
