// LiveCompare: what this node recorded of its rows and views, against what the owners of the
// partitions recorded of the same outcomes.
#pragma once
#include <atomic>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "engine/base/clock.hpp"
#include "engine/base/counter.hpp"
#include "engine/base/step.hpp"
#include "engine/base/topology.hpp"
#include "engine/cluster/digest_mail.hpp"
#include "engine/cluster/owner_directory.hpp"
#include "engine/state/digest_compare.hpp"
#include "engine/telemetry/metrics.hpp"

namespace spate {

/// A node asks the owner of each partition about what it has recorded since they last agreed, and
/// answers whoever asks. Points that one side does not have are passed over, so it never matters
/// who restarted, moved or forgot what. One thread steps it.
class LiveCompare {
 public:
  /// What is recorded here of one thing.
  struct Recorded {
    std::shared_ptr<const DigestJournal> journal;  ///< null: nothing
    uint64_t schema_digest = 0;                    ///< of the code that folds it here
    uint32_t logic_version = 0;
    uint32_t generation = 0;                       ///< of views
  };
  struct Finding {
    PartitionId partition;
    DigestOf of = DigestOf::rows;
    uint32_t generation = 0;
    bool is_asked = false;  ///< by a node that does not own it: that one looks which are right
    DigestPoint ours, theirs;
    std::string text;       ///< what, where, with whom; not what to do
  };
  struct Parts {
    Topology topology;
    const OwnerDirectory* owners = nullptr;
    DigestMail* mail = nullptr;
    const Clock* clock = nullptr;
    int64_t interval_ns = 0;  ///< between two questions about the same
    std::function<Recorded(PartitionId, DigestOf)> recorded;
    /// Once for each thing that differs, on the stepping thread. Its owner is not asked about it
    /// again, the next one is.
    std::function<void(const Finding&)> differs;
  };
  explicit LiveCompare(Parts parts);

  Step step();
  /// Any thread. Something differs, here or at a node that asked.
  bool has_difference() const { return rows_differ_ + views_differ_ > 0; }
  /// Any thread. One line for each thing that differs.
  std::string text() const;
  /// Any thread.
  void add_metrics(std::vector<Sample>& out) const;

 private:
  struct Subject {
    Sequence agreed_at;        // with the owner, of then
    uint32_t generation = 0;   // of which that was said
    std::string differs_from;  // a node; empty: from none
  };
  void ask();
  void ask(uint32_t dense, DigestOf of);
  void answer(const DigestMail::FromNode& asked);
  void hear(const DigestMail::Answered& heard);
  PartitionId partition(uint32_t dense) const { return parts_.topology.partitions()[dense]; }
  Recorded recorded(uint32_t dense, DigestOf of) const {
    return parts_.recorded(partition(dense), of);
  }
  static std::size_t place(uint32_t dense, DigestOf of) {
    return 2 * dense + static_cast<std::size_t>(of);
  }
  Subject& subject(uint32_t dense, DigestOf of, const Recorded& recorded);
  Finding finding(uint32_t dense, DigestOf of, const ComparedPoints::Difference& difference,
                  const std::string& node, const std::string& relation) const;
  void found(Finding finding);

  const Parts parts_;
  std::vector<Subject> subjects_;  // of each partition: rows, views
  std::set<std::pair<std::size_t, uint32_t>> told_;  // subject and generation that others asked of
  std::size_t next_subject_;  // to be asked about
  int64_t next_ask_ns_ = 0;
  Counter rows_agreed_, views_agreed_;  // points
  std::atomic<uint64_t> rows_differ_{0}, views_differ_{0};
  mutable std::mutex text_mutex_;
  std::string text_;
};

}  // namespace spate
