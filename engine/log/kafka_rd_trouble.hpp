// KafkaRdTrouble: why brokers do not answer, as far as librdkafka's own log says.
#pragma once
#include <mutex>
#include <string>
#include <string_view>

namespace spate {

/// librdkafka's calls only say "timed out"; that a password was refused stands in its log.
class KafkaRdTrouble {
 public:
  /// A line that is told to an operator. Any thread.
  void note(std::string_view told);
  /// Behind "no broker answers": `: reason`, with what can be done about it; empty when none came.
  std::string text() const;

 private:
  mutable std::mutex mutex_;
  std::string reason_;
};

/// `reason` with what it means for this version of librdkafka (0xMMmmrrxx).
std::string explained(std::string reason, int librdkafka_version, std::string_view version_text);

}  // namespace spate
