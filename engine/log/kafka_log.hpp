// KafkaLog: the log port on a Kafka cluster: exactly once without Kafka's transactions.
#pragma once
#include "engine/base/step.hpp"
#include "engine/log/kafka_notes.hpp"
#include "engine/log/kafka_published.hpp"

namespace spate {

/// What it works with; all of it outlives the log.
struct KafkaLogParts {
  Topology topology;
  LogIdentity identity;       ///< of the cluster's topics
  KafkaClient* client = nullptr;
  const Clock* clock = nullptr;
  CommandDoor* door = nullptr;
  Storage* storage = nullptr; ///< where it notes how far it has read; null: every start reads all
  KafkaNode node;
  KafkaLogLimits limits;
};

/// Threads: `step` and `note_all` belong to one, which is rung by the bell given to `on_work`.
class KafkaLog final : public Log, private KafkaSink {
 public:
  explicit KafkaLog(KafkaLogParts parts);
  /// Requires: nobody listens to what is published any more.
  ~KafkaLog() override;

  const LogIdentity& identity() const override { return parts_.identity; }
  const Topology& topology() const override { return parts_.topology; }
  Numbering numbering() const override { return Numbering::log; }
  Result<Ownership> acquire(PartitionId partition) override;
  std::optional<Tail> tail(PartitionId partition) override;
  Taken append_commands(PartitionId partition, BatchPtr batch) override;
  Taken append_outcomes(PartitionId partition, Epoch epoch, Sequence expected,
                        BatchPtr batch) override;
  uint64_t publish(PartitionId partition, Bytes command) override;
  std::vector<Published> published() override { return published_.take(); }
  void on_published(Bell* bell) override { published_.on_event(bell); }
  uint64_t ask_end(PartitionId partition) override;
  Progress poll(PartitionId partition) override;
  Result<BatchPtr> read(LogSide side, PartitionId partition, uint64_t from,
                        std::size_t bytes_max) override;
  Sequence outcomes_end(PartitionId partition) const override;
  void on_durable(PartitionId partition, Bell* bell) override;

  /// Any thread. Whether this node owns the partition, as far as it knows.
  bool owns(PartitionId partition) const {
    return partitions_[parts_.topology.dense_index(partition)]->is_owned();
  }
  /// Any thread. The last valid outcome known of a partition, once its topic is read to `offset`.
  std::optional<Sequence> sequence_below(PartitionId partition, int64_t offset) const {
    return partitions_[parts_.topology.dense_index(partition)]->sequence_below(offset);
  }
  /// Whether every outcome topic has been read to where it ended at the start. Until then reading
  /// beyond what is known answers `retry`: nothing may be called ahead of this log before.
  bool caught_up() const;
  /// Appended by this node and not yet reported, of all partitions; any thread.
  std::size_t undurable_bytes() const { return shared_.undurable_bytes.load(); }
  /// Hears the cluster, moves every partition on. Faults (`stop`): the client cannot go on.
  Result<Step> step();
  void on_work(Bell* bell);
  /// Any thread. Leaves the group, so that other nodes claim what this one owns; until they do it
  /// goes on. For good.
  void leave();
  /// Elects this node for every partition, as a group would: for who has no group and takes the log
  /// over for good. The thread that steps the log.
  void take_over() { elected(parts_.topology.partitions()); }
  /// Notes how far every outcome topic was read, so that the next start need not read it again: at
  /// the end; `step` does it now and then. A fault here costs that start its time, nothing else.
  void note_all();
  /// Any thread. The next step notes all.
  void want_notes() {
    notes_wanted_.store(true);
    shared_.wake();
  }

 private:
  void records(KafkaPlace place, std::span<const KafkaRecord> records) override;
  void passed(KafkaPlace place, int64_t next) override;
  void report(const KafkaReport& report) override;
  void end(KafkaPlace place, int64_t offset) override;
  void out_of_range(KafkaPlace place, int64_t begin) override;
  void electing() override;
  void elected(std::span<const PartitionId> partitions) override;

  KafkaPartition& at(PartitionId id) { return *partitions_[parts_.topology.dense_index(id)]; }
  void open_session();
  void note_next(int64_t now_ns);
  void note(std::size_t place);

  KafkaLogParts parts_;
  std::optional<KafkaNotes> notes_;
  std::vector<std::optional<KafkaResume>> resumed_;  // until the partitions have them
  RecentWindow window_;
  KafkaShared shared_;
  KafkaPublished published_{shared_};
  std::vector<std::unique_ptr<KafkaPartition>> partitions_;
  uint64_t session_ = 0;
  bool session_failed_ = false;
  std::atomic<bool> leaving_{false}, notes_wanted_{false};
  bool has_left_ = false;
  std::vector<int64_t> noted_;   // the offset up to which each was noted
  std::size_t next_noted_ = 0;   // place of the partition to note next
  int64_t note_at_ns_ = 0;
};

}  // namespace spate
