// Where the cut lies is found by one pass over all records; nothing is written before it is known.
#include "engine/snapshots/log_cut.hpp"

#include <algorithm>

#include "engine/base/place_text.hpp"
#include "engine/codec/rfc3339.hpp"
#include "engine/log/log_walk.hpp"
#include "engine/log/manifest.hpp"
#include "schemas/envelope_generated.h"

namespace spate {
namespace {

/// Sees every record in the order of the log, and remembers how far each partition is kept.
class Finder {
 public:
  Finder(const Manifest& manifest, const CutPoint& point)
      : manifest_(manifest), topology_(manifest.domains), point_(point) {
    cut_.outcomes.resize(topology_.partitions().size());
    cut_.commands.resize(topology_.partitions().size());
    last_cause_.resize(topology_.partitions().size());
  }

  Result<void> begin() {
    if (!point_.position) return {};
    const Position& position = *point_.position;
    if (position.incarnation != manifest_.identity.incarnation)
      return stop("position_unknown",
                  point_.flag + " is a position of another log, or of another life of this one: take one "
                  "that an answer carried while this log was served, or give a time");
    for (const auto& [id, sequence] : position.parts) {
      if (!topology_.contains(id))
        return stop("position_unknown", point_.flag + " names a partition that this log does not have");
      if (sequence.value > 0) missing_.push_back({id, sequence});
    }
    if (!missing_.empty()) return {};
    return stop("position_unknown", point_.flag + " names no outcome: give the position of an answer, or "
                                    "a time");
  }

  void see(const RecordView& record) {
    const bool is_outcome = record.head.side == LogSide::outcomes;
    const uint32_t dense = topology_.dense_index({record.head.domain, record.head.index});
    if (first_.ns == 0 || record.head.time < first_.ns) first_ = {record.head.time};
    if (!is_kept(record)) {
      ++(is_outcome ? cut_.outcomes_dropped : cut_.commands_dropped);
      return;
    }
    cut_.newest = std::max(cut_.newest, Instant{record.head.time});
    if (!is_outcome) {
      cut_.commands[dense] = {record.head.number};
      if (point_.position) undecided_.push_back({dense, Cause{record.head.number}});
      return;
    }
    ++cut_.outcomes_kept;
    cut_.outcomes[dense] = {record.head.number};
    if (!point_.position) return;
    last_cause_[dense] = {flatbuffers::GetRoot<envelope::Outcome>(record.body.data())->cause()};
    std::erase(missing_, std::pair{topology_.partitions()[dense], Sequence{record.head.number}});
    forget_decided();
  }

  Result<LogCut> end(const LogWalk& walk, Instant taken) {
    if (point_.beginning) cut_.newest = first_;
    else TRY(point_.time ? check_time(taken) : check_position(walk));
    if (!point_.position) return std::move(cut_);
    for (const auto& [dense, cause] : undecided_)
      if (cause > last_cause_[dense]) ++cut_.commands_dropped;
    cut_.commands = last_cause_;
    return std::move(cut_);
  }

 private:
  bool is_kept(const RecordView& record) const {
    if (point_.beginning) return false;
    if (point_.time) return record.head.time <= point_.time->ns;
    return !missing_.empty();
  }

  /// Those that may still be undecided at the cut are few: the oldest go as they are decided.
  void forget_decided() {
    if (undecided_.size() < undecided_looked_at_) return;
    std::erase_if(undecided_,
                  [&](const auto& one) { return one.second <= last_cause_[one.first]; });
    undecided_looked_at_ = 2 * undecided_.size() + 1024;
  }

  Result<void> check_time(Instant taken) const {
    if (first_.ns != 0 && *point_.time < first_)
      return stop("before_the_log", point_.flag + " lies before the log, whose first record was stamped " +
                                        to_rfc3339(first_) + ": give a later time");
    if (*point_.time > taken)
      return stop("beyond_the_end", point_.flag + " lies beyond this snapshot, which was taken at " +
                                        to_rfc3339(taken) + ": take a newer one, or leave " +
                                        point_.flag + " out for all that it holds");
    return {};
  }

  Result<void> check_position(const LogWalk& walk) const {
    if (missing_.empty()) return {};
    const auto& [id, sequence] = missing_.front();
    const Tail& tail = walk.tails[topology_.dense_index(id)].second;
    return stop("position_unknown",
                point_.flag + " lies beyond the end of this snapshot: partition " +
                    place_text(manifest_.domains, id) + " ends at outcome " +
                    std::to_string(tail.sequence.value) + ", outcome " +
                    std::to_string(sequence.value) +
                    " is asked for: use a newer snapshot, or leave " + point_.flag + " out for all it holds");
  }

  const Manifest& manifest_;
  const Topology topology_;
  const CutPoint& point_;
  LogCut cut_;
  Instant first_;
  std::vector<Cause> last_cause_;
  std::vector<std::pair<PartitionId, Sequence>> missing_;
  std::vector<std::pair<uint32_t, Cause>> undecided_;
  std::size_t undecided_looked_at_ = 1024;
};

}  // namespace

bool LogCut::keeps(const Topology& topology, const RecordHead& record) const {
  const uint32_t dense = topology.dense_index({record.domain, record.index});
  return record.side == LogSide::outcomes ? record.number <= outcomes[dense].value
                                          : record.number <= commands[dense].value;
}

bool LogCut::reaches(const Topology& topology, const std::vector<PartitionState>& states) const {
  for (const PartitionState& state : states) {
    const uint32_t dense = topology.dense_index(state.id);
    if (state.tail.sequence > outcomes[dense] || state.tail.command > commands[dense]) return false;
  }
  return true;
}

bool LogCut::lies_before(const Topology& topology,
                         const std::vector<PartitionState>& states) const {
  std::vector<Tail> tails(outcomes.size());
  for (const PartitionState& state : states) tails[topology.dense_index(state.id)] = state.tail;
  for (std::size_t dense = 0; dense < tails.size(); ++dense)
    if (tails[dense].sequence < outcomes[dense] || tails[dense].command < commands[dense])
      return false;
  return true;
}

Result<LogCut> find_cut(Storage& log, const CutPoint& point, Instant taken,
                        const std::function<void(uint64_t bytes)>& on_read) {
  TRY(const Manifest manifest, read_manifest(log));
  Finder finder(manifest, point);
  TRY(finder.begin());
  LogVisitor visitor;
  visitor.record = [&](const RecordView& record, const RecordPlace&) { finder.see(record); };
  if (on_read) visitor.group = [&](const Group& group) { on_read(group.end() - group.offset); };
  TRY(const LogWalk walk, walk_log(log, visitor));
  return finder.end(walk, taken);
}

}  // namespace spate
