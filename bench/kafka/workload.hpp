// The commands of bench/kafka/compare: what command number n is, for whoever sends or judges it.
#pragma once
#include <cstdint>
#include <string>

namespace spate::bench {

/// The first `campaigns` commands open one campaign each, the rest redeem: round about. With
/// repeats, one in 50 claims again for somebody who has claimed, one in 100 is sent a second time
/// under its id, in the same bytes.
struct Workload {
  uint64_t count = 0;
  uint64_t campaigns = 64;
  uint64_t stock = 1'000'000'000;  ///< of each campaign
  bool repeats = true;

  /// The number whose id and body command n has: its own, or that of an earlier one.
  uint64_t wish(uint64_t n) const {
    return repeats && n % 100 == 13 && n >= 30 * campaigns ? n - 20 * campaigns : n;
  }
  uint64_t claimant(uint64_t wish) const {
    return repeats && wish % 50 == 7 && wish >= 30 * campaigns ? wish - 10 * campaigns : wish;
  }
  bool opens(uint64_t n) const { return n < campaigns; }
  std::string campaign(uint64_t n) const { return "sale-" + std::to_string(n % campaigns); }
  static std::string id(uint64_t wish) { return "order-" + std::to_string(1'000'000'000 + wish); }
  static std::string claimant_name(uint64_t claimant) {
    return "ann-" + std::to_string(1'000'000'000 + claimant);
  }
  static uint64_t number_of(std::string_view claimant_name) {
    return std::stoull(std::string(claimant_name.substr(4))) - 1'000'000'000;
  }
  std::string body(uint64_t wish) const {
    if (opens(wish)) return "{\"stock\":" + std::to_string(stock) + "}";
    return "{\"claimant\":\"" + claimant_name(claimant(wish)) + "\",\"quantity\":1}";
  }
};

inline constexpr char source[] = "/shop/bench";
inline constexpr char commands_topic[] = "spate.redemptions.commands.v1";

}  // namespace spate::bench
