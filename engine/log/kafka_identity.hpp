// What a cluster says of the log it holds: its identity and the numbers of its domains (C2, A5).
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/log/log.hpp"

namespace spate {

/// Numbers of domains: they are part of positions and partitions, so every node has the same, for
/// the life of the log.
using DomainNumbers = std::map<std::string, uint16_t>;

/// Two records of the ownership topic, as text so that kcat shows them:
///   log      spate-log 1 <id: 32 hex digits> <incarnation>
///   domains  spate-domains 1 <domain>=<number> …
struct KafkaIdentity {
  LogIdentity log;
  DomainNumbers domains;
};

std::string to_text(const LogIdentity& identity);
std::optional<LogIdentity> identity_from_text(std::string_view text);
std::string to_text(const DomainNumbers& numbers);
std::optional<DomainNumbers> domains_from_text(std::string_view text);

class KafkaRdAdmin;
/// None when the topic or a record is not there. Faults: of KafkaRdAdmin; `log_rot` when a record
/// is not one of ours.
Result<std::optional<KafkaIdentity>> read_kafka_identity(KafkaRdAdmin& admin);
/// Writes what is missing: an identity, numbers of domains. What holds from then on.
Result<KafkaIdentity> make_kafka_identity(KafkaRdAdmin& admin,
                                          const std::vector<std::string>& domains);

}  // namespace spate
