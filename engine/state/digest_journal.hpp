// DigestJournal: what the rows, or the views, of a partition were at some of its outcomes.
#pragma once
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/log_identity.hpp"
#include "engine/base/result.hpp"
#include "engine/state/checkpoint.hpp"

namespace spate {

/// A fold of the same outcomes (`chain`) by the same code comes to the same digest.
struct DigestPoint {
  Sequence sequence;
  uint64_t chain = 0;
  uint64_t schema_digest = 0;
  uint32_t logic_version = 0;
  Hash128 digest;  ///< HashSum
  bool operator==(const DigestPoint&) const = default;
  bool is_of_same_code(const DigestPoint& other) const {
    return schema_digest == other.schema_digest && logic_version == other.logic_version;
  }
};
/// Requires: the checkpoint has a digest.
DigestPoint point_of(const Checkpoint& at);

/// A file of points in the order of the outcomes. The newest stand close; of the older ones every
/// second goes each time the file is full, so that it never grows and reaches back to the first.
/// It is a witness, not what anything is made of: what a crash or a full disk keeps from it is
/// missing, what is damaged is not used, and what was folded from another log is forgotten. Any
/// thread.
class DigestJournal {
 public:
  static constexpr std::size_t points_max = 512;

  /// `path` empty: kept in memory alone. `log`: what is folded.
  explicit DigestJournal(std::string path = {}, LogIdentity log = {})
      : path_(std::move(path)), log_(log) {}

  /// Reads what is there. Gives what an operator must know of it; empty: nothing.
  std::string open();
  /// Records a checkpoint that has a digest; one that has none is passed over. Points of other code
  /// go: what is folded by this one will not meet them. Fault: `state_differs`, when the same
  /// outcomes were recorded with another digest.
  Result<void> add(const Checkpoint& at);
  /// Of this code, beyond `after`, in order.
  std::vector<DigestPoint> points(Sequence after, uint64_t schema_digest,
                                  uint32_t logic_version) const;
  /// `at` against what is recorded of the same outcomes by the same code, if it is.
  Result<void> compare(const Checkpoint& at) const;
  const std::string& path() const { return path_; }

 private:
  Result<void> check(const DigestPoint& point) const;
  void thin();
  Result<void> append(const DigestPoint& point);
  Result<void> rewrite();

  const std::string path_;
  const LogIdentity log_;
  mutable std::mutex mutex_;
  std::vector<DigestPoint> points_;
  std::size_t in_file_ = 0;    // points of the file, if `is_behind_` is not set
  bool is_behind_ = false;     // the file is to be written anew
};

}  // namespace spate
