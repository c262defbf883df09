// KafkaHome: the log on a Kafka cluster, with its client, its door and its notes below --data.
#pragma once
#include <mutex>

#include "engine/app/config.hpp"
#include "engine/app/kafka_feeds.hpp"
#include "engine/app/log_home.hpp"
#include "engine/codec/catalog.hpp"
#include "engine/log/kafka_log.hpp"
#include "engine/log/kafka_rd_client.hpp"
#include "engine/log/posix_storage.hpp"

namespace spate {

class KafkaHome final : public LogHome {
 public:
  /// Asks the cluster what it holds, then joins. Blocks for seconds. Faults: `kafka_unreachable`
  /// (retry: no broker answers yet), `kafka_topics`, `data_embedded` (the directory holds an
  /// embedded log), `log_in_use`.
  static Result<std::unique_ptr<KafkaHome>> open(const Config& config, const Catalog& catalog,
                                                 const Clock& clock, KafkaTell tell);
  ~KafkaHome() override;

  /// Steps once and waits a little. True when the topics are read as far as they went at the start:
  /// before that, nothing may be called ahead of the log. Before `on_work`.
  Result<bool> catch_up();

  Log& log() override { return *log_; }
  std::vector<Worker> workers() override;
  void on_work(const std::vector<Bell*>& bells) override;
  void on_sync(SegmentWriter::SyncObserver) override {}
  uint64_t stored_bytes() const override { return 0; }
  std::string found() const override;
  std::optional<Cause> commands_end(PartitionId partition) const override;
  void add_metrics(std::vector<Sample>& out) const override;
  void leave() override { log_->leave(); }
  ClusterHome* cluster() override { return cluster_.get(); }
  Result<void> close() override;

 private:
  KafkaHome(const Config& config, const Clock& clock, KafkaTell tell);
  Result<void> open_notes();
  Result<void> join(const Catalog& catalog);
  KafkaRdOptions client_options(std::size_t message_bytes_max, const Topology& topology) const;
  KafkaNode node() const;

  const Config config_;
  const Clock& clock_;
  const KafkaTell tell_;
  std::string cluster_id_;
  std::unique_ptr<PosixStorage> notes_;
  std::unique_ptr<DirectoryLock> lock_;
  std::unique_ptr<ClusterHome> cluster_;
  std::unique_ptr<CommandDoor> door_;
  std::unique_ptr<KafkaRdClient> client_;
  ThreadBell bell_;  // while it catches up
  std::unique_ptr<KafkaLog> log_;
  std::unique_ptr<KafkaFeeds> feeds_;  // null: no topics for them
};

}  // namespace spate
