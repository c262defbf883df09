// KafkaPublished: commands put into partitions of others, until it is known what became of them.
#pragma once
#include <mutex>
#include <unordered_map>
#include <vector>

#include "engine/log/kafka_log_options.hpp"

namespace spate {

/// Any thread.
class KafkaPublished {
 public:
  explicit KafkaPublished(KafkaShared& shared) : shared_(shared) {}

  /// Its number, or 0: no room now.
  uint64_t publish(PartitionId partition, Bytes command);
  static bool is_own(uint64_t token) { return (token & mark) != 0; }
  /// Requires: is_own.
  void reported(uint64_t token, bool is_durable);
  std::vector<Log::Published> take();
  void on_event(Bell* bell);
  bool is_heard() const;

 private:
  static constexpr uint64_t mark = uint64_t{1} << 63;  // other tokens are numbers of bytes
  KafkaShared& shared_;
  mutable std::mutex mutex_;
  uint64_t last_ = 0;
  std::unordered_map<uint64_t, std::size_t> bytes_of_;  // of those under way
  std::vector<Log::Published> told_;
  Bell* bell_ = nullptr;
};

}  // namespace spate
