// KafkaHome: the log on a Kafka cluster, with its client, its door and its notes below --data.
#pragma once
#include <mutex>

#include "engine/app/config.hpp"
#include "engine/app/kafka_feeds.hpp"
#include "engine/app/kafka_metrics.hpp"
#include "engine/app/log_freshness.hpp"
#include "engine/app/log_home.hpp"
#include "engine/codec/catalog.hpp"
#include "engine/log/kafka_log.hpp"
#include "engine/log/kafka_rd_client.hpp"
#include "engine/log/posix_storage.hpp"
#include "engine/shipping/checkpoint_fetch.hpp"

namespace spate {

class KafkaHome final : public LogHome {
 public:
  /// Asks the cluster what it holds. Blocks for seconds. Faults: `kafka_unreachable`
  /// (retry: no broker answers yet), `kafka_topics`, `data_embedded` (the directory holds an
  /// embedded log), `log_in_use`.
  static Result<std::unique_ptr<KafkaHome>> open(const Config& config, const Catalog& catalog,
                                                 const Clock& clock, KafkaTell tell);
  ~KafkaHome() override;

  /// Steps once and waits a little. True when a checkpoint was fetched, if there is one and this is
  /// a new node, and the topics are read as far as they went at the start: before that there is no
  /// `log`. Before `on_work`.
  Result<bool> catch_up();
  /// What `catch_up` does, for people.
  std::string doing() const;

  /// What waiting for a log that cannot be read means to who starts: tells why, waits a moment;
  /// false: no more.
  using Patience = std::function<bool(const std::string& why)>;
  void be_patient(Patience patience) { patience_ = std::move(patience); }

  Log& log() override { return *log_; }
  std::vector<Worker> workers() override;
  void on_work(const std::vector<Bell*>& bells) override;
  void on_sync(SegmentWriter::SyncObserver) override {}
  uint64_t stored_bytes() const override { return 0; }
  std::string found() const override;
  std::optional<Cause> commands_end(PartitionId partition) const override;
  void add_metrics(std::vector<Sample>& out) const override;
  std::optional<int64_t> behind_ns(PartitionId partition, Sequence views) const override;
  void want_notes() override { log_->want_notes(); }
  Result<std::vector<ShippedPartition>> take_notes(const std::string& folder) override;
  bool waits_for(const Fault& why) override { return patience_ && patience_(why.detail); }
  void join() override { client_->join_group(); }
  void leave() override { log_->leave(); }
  bool nobody_left() const override;
  ClusterHome* cluster() override { return cluster_.get(); }
  Result<void> close() override;

 private:
  KafkaHome(const Config& config, const Catalog& catalog, const Clock& clock, KafkaTell tell);
  Result<void> open_notes();
  Result<void> open_name();
  Result<void> connect();
  Result<void> look_for_checkpoint();
  Result<void> open_log();
  KafkaRdOptions client_options(std::size_t message_bytes_max, const Topology& topology) const;
  KafkaNode node() const;

  const Config config_;
  const Catalog& catalog_;
  const Clock& clock_;
  const KafkaTell tell_;
  std::string cluster_id_;
  std::string instance_;  // its name in the group
  std::unique_ptr<PosixStorage> notes_;
  std::unique_ptr<DirectoryLock> lock_;
  std::unique_ptr<ClusterHome> cluster_;
  std::unique_ptr<CommandDoor> door_;
  std::unique_ptr<KafkaRdClient> client_;
  Topology topology_;
  LogIdentity identity_;
  TopicsFile topics_file_;
  std::vector<KafkaTopicState> present_;
  std::unique_ptr<Depot> depot_;           // while a checkpoint is looked for
  std::unique_ptr<CheckpointFetch> fetch_;
  ThreadBell bell_;  // while it catches up
  Patience patience_;
  std::unique_ptr<KafkaLog> log_;
  std::unique_ptr<LogFreshness> freshness_;
  std::unique_ptr<KafkaFeeds> feeds_;  // null: no topics for them
  mutable KafkaMetrics metrics_;
};

}  // namespace spate
