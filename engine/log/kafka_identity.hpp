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

/// Whether the log lives in these topics, or is on its way here or away.
struct KafkaMove {
  enum class State : uint8_t {
    here,      ///< nodes may serve it
    arriving,  ///< a directory's log is being copied here: nobody serves yet
    leaving,   ///< it is being copied into a directory: nobody serves any more
    left,      ///< a directory serves it
  };
  State state = State::here;
  LogIdentity log;  ///< which log; of no meaning when `here`
  bool operator==(const KafkaMove&) const = default;
};

/// Records of the ownership topic, as text so that kcat shows them:
///   log      spate-log 1 <id: 32 hex digits> <incarnation>
///   domains  spate-domains 1 <domain>=<number> …
///   move     spate-move 1 here | (arriving | leaving | left) <id> <incarnation>   absent: here
struct KafkaIdentity {
  LogIdentity log;
  DomainNumbers domains;
  KafkaMove move = {};
};

std::string to_text(const LogIdentity& identity);
std::optional<LogIdentity> identity_from_text(std::string_view text);
std::string to_text(const DomainNumbers& numbers);
std::optional<DomainNumbers> domains_from_text(std::string_view text);
std::string to_text(const KafkaMove& move);
std::optional<KafkaMove> move_from_text(std::string_view text);

/// Fault `log_moving`: the log is not here, or not yet, and what to do about it.
Result<void> check_log_is_here(const KafkaMove& move);

class KafkaRdAdmin;
/// None when the topic or a record is not there. Faults: of KafkaRdAdmin; `log_rot` when a record
/// is not one of ours.
Result<std::optional<KafkaIdentity>> read_kafka_identity(KafkaRdAdmin& admin);
/// Writes what is missing: an identity, numbers of domains. What holds from then on.
Result<KafkaIdentity> make_kafka_identity(KafkaRdAdmin& admin,
                                          const std::vector<std::string>& domains);
/// Faults: of KafkaRdAdmin, `log_rot`.
Result<KafkaMove> read_kafka_move(KafkaRdAdmin& admin);
Result<void> write_kafka_move(KafkaRdAdmin& admin, const KafkaMove& move);
/// In the place of another identity. Requires: no topic holds anything of that one.
Result<void> write_kafka_identity(KafkaRdAdmin& admin, const KafkaIdentity& identity);

}  // namespace spate
