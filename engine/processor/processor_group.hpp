// ProcessorGroup: the partitions dealt out to one processor thread, and the mailboxes they share.
#pragma once
#include <memory>
#include <mutex>
#include <vector>

#include "engine/processor/partition_processor.hpp"

namespace spate {

struct GroupLimits {
  /// Of changed rows not yet in the store, over all partitions of the group: beyond it the largest
  /// is frozen, at twice that no command is taken.
  std::size_t dirty_bytes_max = 256 << 20;
  /// Outcomes that no checkpoint covers, over all partitions of the group: at so many the longest
  /// tail is frozen. A restart folds twice as many again at most, and what a flush had not reached.
  uint64_t unfrozen_outcomes_max = 600'000;
};

/// Steps its partitions in turn on whatever thread drives it; always the same one.
class ProcessorGroup {
 public:
  /// `partitions_total`: of the whole topology; requests name partitions by dense index.
  ProcessorGroup(std::vector<Mailbox*> mailboxes, uint32_t partitions_total,
                 GroupLimits limits = {});

  void add(const PartitionParts& parts, const ProcessorLimits& limits);
  /// Before the first step: requests out of the first `edges` mailboxes for a partition that is not
  /// owned here go to `handoff` as soon as it has room, instead of being refused.
  void hand_on(Handoff* handoff, uint16_t edges) { way_on_ = {handoff, edges}; }

  /// Takes what the edges asked, lets every partition have a turn, wakes the edges that got
  /// answers.
  Result<Step> step();

  /// Any thread. No new commands; what was taken is finished, then a last checkpoint is written.
  void drain() { draining_.store(true, std::memory_order_relaxed); }
  /// Any thread. Every partition begins a checkpoint in the next step, if there is anything new.
  void want_checkpoint() { checkpoint_wanted_.store(true, std::memory_order_relaxed); }
  /// Any thread. True when drained: nothing is owed and the last checkpoint is in the store.
  bool stopped() const { return stopped_.load(std::memory_order_acquire); }
  /// Any thread. Every partition was once folded to where the log ended when that began, by itself
  /// or as its owner; or it is not folded here before it is owned. Remains true.
  bool caught_up() const { return caught_up_.load(std::memory_order_acquire); }
  /// Any thread.
  bool ready() const { return ready_.load(std::memory_order_acquire); }
  /// Any thread. One line for each partition that is not ready, empty when all are.
  std::string state_text() const;
  /// The owner's thread: nothing is under way and every mailbox is empty.
  bool quiet() const;
  std::vector<std::unique_ptr<PartitionProcessor>>& partitions() { return partitions_; }

 private:
  bool drain_mailbox(uint16_t index);
  Result<bool> follow();
  void bound_dirty_rows();
  void bound_tails();
  bool finish_draining();
  void publish();

  std::vector<Mailbox*> mailboxes_;
  WaiterTable waiters_;
  std::vector<std::unique_ptr<PartitionProcessor>> partitions_;
  std::vector<PartitionProcessor*> by_dense_;
  const GroupLimits limits_;
  WayOn way_on_;
  bool full_ = false;           // twice the dirty limit: mailboxes wait
  std::size_t next_follower_ = 0;
  bool last_checkpoint_ = false;
  std::atomic<bool> checkpoint_wanted_{false};
  std::atomic<bool> draining_{false}, stopped_{false}, ready_{false};
  std::atomic<bool> caught_up_{false};
  mutable std::mutex text_mutex_;
  std::string state_text_;
};

}  // namespace spate
