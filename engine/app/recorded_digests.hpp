// RecordedDigests: what the journal of a partition says, against a fold from the first outcome.
#pragma once
#include <string>
#include <vector>

#include "engine/state/digest_journal.hpp"

namespace spate {

class RecordedDigests {
 public:
  /// Of the journal at `path`, points of that log and this code alone.
  RecordedDigests(const std::string& path, const LogIdentity& log, uint64_t schema_digest,
                  uint32_t logic_version);

  const std::string& note() const { return note_; }
  /// At these outcomes, in order, the fold is asked what it came to.
  const std::vector<DigestPoint>& points() const { return points_; }
  std::vector<Sequence> sequences() const;
  /// Points after the first difference are passed over.
  void meet(const Checkpoint& folded);
  uint64_t agreed() const { return agreed_; }
  /// ` at outcome 9 are not what was recorded there …`; empty: nothing differs.
  const std::string& difference() const { return difference_; }

 private:
  std::vector<DigestPoint> points_;
  std::string note_, difference_;
  std::size_t next_ = 0;
  uint64_t agreed_ = 0;
  Sequence agreed_at_;
};

}  // namespace spate
