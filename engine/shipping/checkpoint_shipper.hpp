// CheckpointShipper: takes a checkpoint now and then and ships it to a depot, at a bounded rate.
#pragma once
#include <functional>
#include <map>
#include <optional>

#include "engine/base/clock.hpp"
#include "engine/base/counter.hpp"
#include "engine/base/hash_stream.hpp"
#include "engine/base/step.hpp"
#include "engine/shipping/depot.hpp"
#include "engine/shipping/shipped_checkpoint.hpp"
#include "engine/state/file.hpp"

namespace spate {

struct ShippingLimits {
  int64_t interval_ns = int64_t{600} * 1'000'000'000;
  uint32_t keep = 3;                          ///< checkpoints of a log, the newest
  uint64_t bytes_per_second_max = 64 << 20;   ///< read here and written there
  int64_t settle_ns = 2'000'000'000;          ///< stores that were asked to write have so long
  /// What no checkpoint names is removed when it is this old: another node may be shipping it.
  int64_t stray_age_ns_min = int64_t{3600} * 1'000'000'000;
};

struct ShippingStats {
  Counter checkpoints, bytes, failed;
  Counter shipped_at_ms;  ///< since 1970, when the newest was taken; 0: none by this node
};

/// Ships files by what they hold: what lies in the depot already, because an earlier checkpoint
/// named it, is not sent again. The checkpoint itself comes last: until then nobody finds any of
/// it. Whatever fails is told and tried anew an interval later; nothing here stops a node.
/// One thread.
class CheckpointShipper {
 public:
  struct Parts {
    Depot* depot = nullptr;
    const Clock* clock = nullptr;
    Hash128 log;         ///< whose checkpoints these are
    uint64_t incarnation = 0;
    std::string folder;  ///< where `take` puts what is to be shipped; below the data directory
    /// Whether this node is the one that ships, now.
    std::function<bool()> may_ship;
    /// Asks the stores to write what they have.
    std::function<void()> settle;
    /// Puts a checkpoint into `folder`, which is empty: all but its files' names and hashes.
    std::function<Result<ShippedCheckpoint>()> take;
    /// Whether a file of the folder is sound as far as its format can tell.
    std::function<Result<void>(const std::string& path)> verify;
    std::function<void(const std::string&)> tell;
    ShippingLimits limits;
  };
  explicit CheckpointShipper(Parts parts);

  /// At most a piece of a file. Blocked: it rests, or has used up its rate; step again by the
  /// clock.
  Step step();
  const ShippingStats& stats() const { return stats_; }

 private:
  enum class Phase : uint8_t { resting, settling, hashing, sending, publishing, pruning };
  Result<Step> advance();
  Result<Step> begin();
  Result<Step> take();
  Result<Step> hash_next();
  Result<void> begin_hash(const ShippedFile& file);
  Result<Step> send_next();
  Result<void> send_piece();
  Result<Step> publish();
  Result<Step> prune();
  Result<void> remove_strays(const std::vector<std::string>& kept);
  void rest(int64_t for_ns);
  bool may_move(std::size_t bytes);
  std::string path_of(const ShippedFile& file) const { return parts_.folder + "/" + file.path; }

  const Parts parts_;
  ShippingStats stats_;
  Phase phase_ = Phase::resting;
  int64_t due_ns_ = 0;        // resting, settling: until then
  int64_t newest_ms_ = 0;     // when the newest in the depot was taken
  int64_t moved_at_ns_ = 0;   // when `allowance_` was filled up last
  int64_t allowance_ = 0;     // bytes that may be moved now
  ShippedCheckpoint taken_;
  std::vector<ShippedPartition> shipped_;  // of the last one: what brings no news is not shipped
  std::size_t next_ = 0;      // of taken_.files: to be hashed, to be sent
  std::unique_ptr<Depot::Writer> writer_;
  state::File file_;
  HashStream hash_;
  uint64_t moved_ = 0;        // bytes of file_: hashed, sent
  std::vector<uint8_t> piece_;
  // Hashes by path, inode, size and time: files of a store do not change, only their lists do.
  std::map<std::string, Hash128> known_, still_known_;
};

}  // namespace spate
