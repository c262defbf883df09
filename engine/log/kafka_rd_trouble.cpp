// "kafka client: FAIL: [thrd:b:1/bootstrap]: b:1/bootstrap: Connect … failed: … (after …)"
#include "engine/log/kafka_rd_trouble.hpp"

#include <librdkafka/rdkafka.h>

namespace spate {
namespace {

constexpr std::string_view failure = ": FAIL: ", behind_thread = "]: ";
constexpr int scram_is_right_since = 0x02060100;

}  // namespace

void KafkaRdTrouble::note(std::string_view told) {
  if (told.find(failure) == std::string_view::npos) return;  // "1/1 brokers are down" is no reason
  const std::size_t thread = told.find(behind_thread);
  if (thread != std::string_view::npos) told.remove_prefix(thread + behind_thread.size());
  const std::lock_guard lock(mutex_);
  reason_ = told;
}

std::string KafkaRdTrouble::text() const {
  const std::lock_guard lock(mutex_);
  return reason_.empty() ? ""
                         : ": " + explained(reason_, rd_kafka_version(), rd_kafka_version_str());
}

/// Before 2.6.1 librdkafka sends its nonce twice; brokers of Kafka 4 refuse that.
std::string explained(std::string reason, int librdkafka_version, std::string_view version_text) {
  if (librdkafka_version >= scram_is_right_since || reason.find("SCRAM") == std::string::npos)
    return reason;
  return reason + "; if the password is right: librdkafka " + std::string(version_text) +
         " cannot do SCRAM with Kafka 4 (mended in 2.6.1); use sasl.mechanism PLAIN over TLS, a "
         "certificate, or a newer librdkafka";
}

}  // namespace spate
