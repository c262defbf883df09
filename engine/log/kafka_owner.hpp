// KafkaOwner: which node owns a partition, as far as this one has read the outcome topic.
#pragma once
#include <cstdint>
#include <string>

namespace spate {

struct KafkaOwner {
  enum class Where : uint8_t { nobody, here, elsewhere };
  Where where = Where::nobody;
  std::string address;  ///< elsewhere: as its claim names it; it may have died since
  bool is_left_to_others = false;  ///< the group's last finished assignment is not this node's
};

}  // namespace spate
