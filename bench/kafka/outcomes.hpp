// Outcomes of both sides as one thing, read without any code of either engine.
#pragma once
#include <librdkafka/rdkafka.h>

#include <optional>
#include <string_view>

#include "engine/base/ids.hpp"

namespace spate::bench {

struct Decided {
  bool is_accepted = false;
  uint16_t rejection = 0;
  uint64_t remaining = 0, serial = 0;   ///< of a redemption that was accepted
  std::string_view claimant;            ///< as long as the message lives
  CommandId id;
  int64_t taken_ms = 0;                 ///< when the broker took the command; Spate's alone say it
  bool operator==(const Decided& other) const {
    return is_accepted == other.is_accepted && rejection == other.rejection &&
           remaining == other.remaining && serial == other.serial;
  }
};

/// Nothing: a record of ownership.
std::optional<Decided> decided_by_spate(const rd_kafka_message_t& message);
/// `Redemptions.outcome` says how it is laid out.
Decided decided_by_streams(const rd_kafka_message_t& message);

}  // namespace spate::bench
