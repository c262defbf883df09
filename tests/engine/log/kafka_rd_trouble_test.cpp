// KafkaRdTrouble: of all that librdkafka tells, the reason stays, and what it means is said.
#include "engine/log/kafka_rd_trouble.hpp"

#include <gtest/gtest.h>

namespace spate {
namespace {

TEST(KafkaRdTrouble, KeepsTheReasonAndNotItsConsequence) {
  KafkaRdTrouble trouble;
  EXPECT_EQ(trouble.text(), "");
  trouble.note("kafka client: FAIL: [thrd:b:1/bootstrap]: b:1/bootstrap: Connection refused");
  trouble.note("kafka client: ERROR: [thrd:b:1/bootstrap]: 1/1 brokers are down");
  EXPECT_EQ(trouble.text(), ": b:1/bootstrap: Connection refused");
}

TEST(KafkaRdTrouble, SaysWhenARefusedPasswordMayBeTheLibrarysFault) {
  const std::string refused = "SASL authentication error: … with SASL mechanism SCRAM-SHA-256";
  EXPECT_NE(explained(refused, 0x020002ff, "2.0.2").find("librdkafka 2.0.2 cannot do SCRAM"),
            std::string::npos);
  EXPECT_EQ(explained(refused, 0x020801ff, "2.8.1"), refused);
  EXPECT_EQ(explained("Connection refused", 0x020002ff, "2.0.2"), "Connection refused");
}

}  // namespace
}  // namespace spate
