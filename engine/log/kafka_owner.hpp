// KafkaOwner: which node owns a partition, as far as this one has read the outcome topic.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace spate {

/// The address in a claim that ends the log in this topic: it is being moved away. No node claims
/// after it; only another run of the move does (G8).
inline constexpr std::string_view kafka_moved_address = "moved";

struct KafkaOwner {
  enum class Where : uint8_t { nobody, here, elsewhere };
  Where where = Where::nobody;
  std::string address;  ///< elsewhere: as its claim names it; it may have died since
  bool is_left_to_others = false;  ///< the group's last finished assignment is not this node's
};

}  // namespace spate
