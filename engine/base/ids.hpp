// The kinds of numbers and ids that must never be mixed, each a type of its own.
#pragma once
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace spate {

template <class Tag>
struct Number {
  uint64_t value = 0;
  constexpr auto operator<=>(const Number&) const = default;
  constexpr Number next() const { return {value + 1}; }
  constexpr Number plus(uint64_t n) const { return {value + n}; }
};

/// The dense number (+1, first is 1) of an outcome in its partition; 0 = none yet.
using Sequence = Number<struct SequenceTag>;
/// The number of a command in its partition's command log (first is 1); embedded it is given by
/// the sequencer (rule A1), on Kafka it is derived from the broker's offset.
using Cause = Number<struct CauseTag>;
/// Who may write a partition's outcomes: the highest epoch seen.
using Epoch = Number<struct EpochTag>;

/// Nanoseconds since 1970-01-01T00:00:00Z.
struct Instant {
  int64_t ns = 0;
  constexpr auto operator<=>(const Instant&) const = default;
};

/// (domain, index). `domain` is the stable number given to the domain when its partitions were
/// made (see Topology), not its place in the table of domains.
struct PartitionId {
  uint16_t domain = 0;
  uint16_t index = 0;
  constexpr auto operator<=>(const PartitionId&) const = default;
  constexpr uint32_t packed() const { return uint32_t{domain} << 16 | index; }
};

/// 128 bits that name a command: BLAKE2b of (sender, domain, stream, sender's key).
struct CommandId {
  uint64_t hi = 0;
  uint64_t lo = 0;
  constexpr auto operator<=>(const CommandId&) const = default;
};

/// 32 lower-case hex digits.
std::string to_hex(const CommandId& id);
/// False unless `text` is exactly 32 hex digits.
bool from_hex(std::string_view text, CommandId& id);

}  // namespace spate

template <>
struct std::hash<spate::CommandId> {
  std::size_t operator()(const spate::CommandId& id) const noexcept { return id.lo; }
};
