// One walk along the points.
#include "engine/app/recorded_digests.hpp"

namespace spate {

RecordedDigests::RecordedDigests(const std::string& path, const LogIdentity& log,
                                 uint64_t schema_digest, uint32_t logic_version) {
  DigestJournal journal(path, log);
  note_ = journal.open();
  points_ = journal.points({}, schema_digest, logic_version);
}

std::vector<Sequence> RecordedDigests::sequences() const {
  std::vector<Sequence> all;
  for (const DigestPoint& point : points_) all.push_back(point.sequence);
  return all;
}

void RecordedDigests::meet(const Checkpoint& folded) {
  while (next_ < points_.size() && points_[next_].sequence < folded.sequence) ++next_;
  if (next_ == points_.size() || points_[next_].sequence != folded.sequence) return;
  const DigestPoint& point = points_[next_++];
  if (point.chain != folded.chain || !difference_.empty()) return;  // of another history
  if (point.digest == folded.digest) {
    ++agreed_;
    agreed_at_ = folded.sequence;
    return;
  }
  difference_ = " at outcome " + std::to_string(folded.sequence.value) +
                " were not what the log says when their digest was recorded: they differ since an "
                "outcome behind " + std::to_string(agreed_at_.value) +
                (agreed_ == 0 ? ", the beginning" : ", where they agreed");
}

}  // namespace spate
