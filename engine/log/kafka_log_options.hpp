// What a Kafka log is told about itself: limits, its node, and what its partitions share.
#pragma once
#include <atomic>
#include <functional>
#include <string>

#include "engine/base/clock.hpp"
#include "engine/log/command_door.hpp"
#include "engine/log/kafka_owner.hpp"
#include "engine/log/recent_window.hpp"

namespace spate {

struct KafkaLogLimits {
  std::size_t undurable_bytes_max = 64 << 20;      ///< of all partitions; beyond it: full
  std::size_t recent_bytes_max = 64 << 20;         ///< of outcomes kept for readers
  std::size_t queued_command_bytes_max = 4 << 20;  ///< a partition: read, not yet decided
  /// A partition: places where the index of its outcomes jumps (claims, stragglers); of more of
  /// them it keeps the longest runs, and folds the topic again for the few outcomes in others.
  std::size_t offset_runs_max = 4'096;
  /// Between two claims of a partition, doubled up to the most: after a failure of our own; after a
  /// rival's claim, unless the group elects this node anew (G3). All with jitter. A live member
  /// hears within some heartbeats that the group chose another: the first wait is longer than that.
  int64_t claim_delay_ns_min = int64_t{50} * 1'000'000;
  int64_t claim_delay_ns_max = int64_t{2'000} * 1'000'000;
  int64_t rival_delay_ns_min = int64_t{2'000} * 1'000'000;
  int64_t rival_delay_ns_max = int64_t{15'000} * 1'000'000;
  /// A partition that is idle behind commands that left no outcome says so after that long: soon
  /// enough for any retention, seldom enough for a storm of duplicates.
  int64_t mark_delay_ns = int64_t{60'000} * 1'000'000;
  /// Between two notes of where it stands: what came since is read again after a crash. A note is
  /// a small write into the page cache.
  int64_t note_interval_ns = int64_t{1'000} * 1'000'000;
};

/// This process among those that share the topics.
struct KafkaNode {
  uint64_t nonce = 0;    ///< minted at start: how it knows its own records (G1)
  std::string address;   ///< written into its claims
  std::function<uint64_t()> random;  ///< for nonces and jitter; the thread that steps the log
  std::function<void(const std::string&)> tell;  ///< what an operator must know; may be empty
  /// Who owns a partition from now on; the thread that steps the log; may be empty.
  std::function<void(PartitionId, const KafkaOwner&)> owner_changed;
};

/// What the partitions of one log have in common; it outlives them.
struct KafkaShared {
  KafkaClient& client;
  const Clock& clock;
  CommandDoor& door;
  const KafkaLogLimits& limits;
  const KafkaNode& node;
  RecentWindow& window;
  std::atomic<std::size_t> undurable_bytes{0};
  std::atomic<bool> refused{false};          ///< somebody found it full and waits for the bell
  std::atomic<Bell*> work_bell{nullptr};     ///< of the thread that steps the log

  bool has_room(std::size_t bytes) {
    const std::size_t undurable = undurable_bytes.load();
    if (undurable == 0 || undurable + bytes <= limits.undurable_bytes_max) return true;
    refused.store(true);
    return false;
  }
  void wake() {
    if (Bell* bell = work_bell.load()) bell->ring();
  }
};

}  // namespace spate
