// Which log a cluster holds: a record with key "log" in the ownership topic (C2, A5).
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "engine/log/log.hpp"

namespace spate {

inline constexpr const char* kafka_identity_key = "log";

/// `spate-log 1 <id: 32 hex digits> <incarnation>`
std::string to_text(const LogIdentity& identity);
std::optional<LogIdentity> identity_from_text(std::string_view text);

class KafkaRdAdmin;
/// None when the topic or the record is not there. Faults: of KafkaRdAdmin; `log_rot` when the
/// record is not one of ours.
Result<std::optional<LogIdentity>> read_kafka_identity(KafkaRdAdmin& admin);
/// Writes a new one unless there is one already; what holds from then on.
Result<LogIdentity> make_kafka_identity(KafkaRdAdmin& admin);

}  // namespace spate
