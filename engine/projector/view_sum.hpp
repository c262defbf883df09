// ViewSum: the digest of a partition's views, kept up to date as they change, and its witnesses.
#pragma once
#include <functional>
#include <optional>

#include "engine/base/hash_sum.hpp"
#include "engine/projector/view_map.hpp"
#include "engine/state/digest_journal.hpp"

namespace spate {

/// At these outcomes, in order, whoever folds the views says what they came to. A reason that is
/// given back stops the fold there.
struct ViewWitnesses {
  std::vector<Sequence> at;
  std::function<std::string(const Checkpoint& here)> meet;
};

/// What a view was leaves the sum when it changes for the first time since a freeze; what it has
/// become enters when it is written. Unknown where stored views have no digest: they were folded by
/// a binary that kept none, and are none until they are folded anew. Threads: those of
/// PartitionViews' methods of these names.
class ViewSum {
 public:
  static constexpr std::size_t witnesses_max = 4;  // of one start: each looks at all changed views

  /// Before a fold of that log is opened; without it nothing is recorded.
  void keep_journal(const std::string& path, const LogIdentity& log);
  /// Null: none. Any thread.
  std::shared_ptr<const DigestJournal> journal() const { return journal_; }
  /// Instead of what the journal says.
  void call(ViewWitnesses witnesses) { called_ = std::move(witnesses); }
  /// Of a fold that begins behind `at`; the sum of what is stored there.
  void start_at(std::optional<Hash128> digest);
  ViewWitnesses witnesses(const Checkpoint& at) const;

  void publish(HashSum left) { active_left_ += left; }
  void freeze() {
    before_frozen_ = stored_;
    frozen_left_ = std::exchange(active_left_, {});
  }

  /// Of the store with the frozen views in it, to which the caller adds what these are now.
  std::optional<HashSum> before_write() const;
  void record(const Checkpoint& at) const;
  void written(std::optional<HashSum> sum) { stored_ = sum; }

  /// `frozen`: null when there are none.
  std::optional<Hash128> now(const ViewMap* frozen, const ViewMap& active) const;

 private:
  std::optional<HashSum> stored_ = HashSum();  // the writer's, while there are frozen views
  std::optional<HashSum> before_frozen_;       // the same without them
  HashSum frozen_left_, active_left_;          // negative: what their views were before
  std::shared_ptr<DigestJournal> journal_;     // null: none
  std::optional<ViewWitnesses> called_;
};

}  // namespace spate
