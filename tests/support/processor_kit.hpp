// ProcessorKit: one partition of redemptions over a memory log and a memory store, stepped by hand.
#pragma once
#include <memory>
#include <string>

#include "engine/log/memory_log.hpp"
#include "engine/processor/processor_group.hpp"
#include "engine/state/memory_state.hpp"
#include "tests/support/virtual_clock.hpp"

namespace spate {

/// What outlives a crash of the process, and a processor on top that can be killed and started.
class ProcessorKit {
 public:
  explicit ProcessorKit(const Domain& domain, ProcessorLimits limits = {},
                        RowTableLimits row_limits = {}, IdTableLimits id_limits = {},
                        Numbering numbering = Numbering::owner,
                        std::size_t ring_bytes = 1 << 20);

  // Requests; each returns its ticket. `key` is the sender's own name of the command.
  uint64_t open(std::string_view campaign, uint64_t stock, std::string_view key = {});
  uint64_t redeem(std::string_view campaign, std::string_view claimant, std::string_view key = {},
                  uint32_t quantity = 1);
  uint64_t control(std::string_view campaign, envelope::Control what, std::string_view key = {});
  uint64_t send(uint16_t type, std::string_view stream, Bytes payload, std::string_view key,
                uint64_t fingerprint);
  uint64_t find(CommandId id);
  CommandId id_of_key(std::string_view campaign, std::string_view key) const;
  void next_is_async() { async_ = true; }
  void next_expects_version(uint64_t version) { expected_version_ = version; }

  /// Steps until nothing moves. Nothing becomes durable by it.
  void step();
  /// step, make all durable, step.
  void settle();
  /// Writes a checkpoint that is released, if any.
  void write_checkpoint();
  /// The answers since the last call, one a line: `ticket outcome|duplicate|… [kind reason]
  /// [replayed]`.
  std::string replies();

  /// A new process: memory is gone, log and store are what was durable; recovers until ready.
  void restart(std::size_t keep_store_batches = 1000);
  /// The same after outcomes up to `last` became durable, those behind it in its batch did not.
  void restart_within(Sequence last);
  /// The same without losing anything undurable in the log first.
  void start();

  /// From the next start on breadcrumbs lie in a file, as in a server, and count its deaths.
  void keep_breadcrumbs_in(const std::string& path) { breadcrumbs_ = path; }
  /// From the next start on ids lie in run files.
  void keep_ids_in(const std::string& directory) { ids_directory_ = directory; }
  /// From the next start on what another owner decides is folded.
  void follow_others() { follows_ = true; }
  void limit_group(GroupLimits limits) { group_limits_ = limits; }  ///< from the next start on
  /// Of requests that nobody has taken yet.
  std::size_t waiting_bytes() const { return mailbox_->requests.bytes_queued(); }

  ProcessorGroup& group() { return *group_; }
  PartitionProcessor& partition() { return *group_->partitions().front(); }
  /// Why the last step stopped; empty = it did not.
  const std::string& fault() const { return fault_; }
  /// What an operator was told, one a line.
  const std::string& notes() const { return notes_; }
  Hash128 digest();
  /// The outcomes in the log, one a line: `sequence cause kind reason`.
  std::string outcomes();

  VirtualClock clock;
  MemoryLog log;
  MemoryState store;

 private:
  const Domain& domain_;
  ProcessorLimits limits_;
  RowTableLimits row_limits_;
  IdTableLimits id_limits_;
  std::size_t ring_bytes_;
  std::string breadcrumbs_;
  std::string ids_directory_;
  GroupLimits group_limits_;
  std::unique_ptr<Suspects> suspects_;
  SilentBell bell_;
  std::unique_ptr<Mailbox> mailbox_;
  std::unique_ptr<RowTable> rows_;
  std::unique_ptr<IdTable> ids_;
  std::unique_ptr<ProcessorGroup> group_;
  std::unique_ptr<Checkpointer> checkpointer_;
  flatbuffers::FlatBufferBuilder builder_;
  uint64_t ticket_ = 0;
  bool async_ = false;
  bool follows_ = false;
  envelope::Control control_ = envelope::Control::none;
  flatbuffers::Optional<uint64_t> expected_version_;
  std::string fault_;
  std::string notes_;
};

}  // namespace spate
