// KafkaRdClient: the port to Kafka over librdkafka.
#pragma once
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "engine/base/clock.hpp"
#include "engine/log/kafka_rd_fetchers.hpp"
#include "engine/log/kafka_rd_follower.hpp"
#include "engine/log/kafka_rd_group.hpp"
#include "engine/log/kafka_rd_producer.hpp"
#include "engine/log/kafka_rd_reaper.hpp"

namespace spate {

struct KafkaRdOptions {
  std::string brokers;                    ///< host:port, comma separated
  std::string client_id = "spate";
  std::vector<KafkaDomainTopics> topics;
  std::string group;                      ///< to be joined
  std::string instance;                   ///< static membership: the same after a restart
  KafkaProperties properties;
  std::size_t message_bytes_max = 4 << 20;
  std::size_t send_bytes_max = 32 << 20;  ///< sent and not yet reported; of each of two producers
  std::size_t send_records_max = 500'000;
  KafkaRdFollower::Limits follow;
  int64_t fetch_ms_max = 1'000;
  std::size_t fetch_bytes_max = 2 << 20;  ///< fetched ahead of one who reads a partition again
  int64_t close_ms_max = 5'000;           ///< the destructor's patience
  int64_t commit_interval_ms = 5'000;     ///< of offsets that only others look at
  KafkaTell tell;
};

/// Threads of its own beside librdkafka's: one asks what only a blocking call can ask, one ends
/// instances, which may hang. No broker needs to be there when it is made.
class KafkaRdClient final : public KafkaClient {
 public:
  /// Faults: `config_invalid`, `kafka_client`.
  static Result<std::unique_ptr<KafkaRdClient>> open(KafkaRdOptions options, const Clock& clock);
  ~KafkaRdClient() override;

  /// Any thread. From the next poll on it is a member of the group, whose elections the sink hears.
  void join_group() { group_wanted_.store(true); }
  /// How many are in the group, this node among them until it has left. Blocks, a second at the
  /// longest. Any thread. Faults: `retry`.
  Result<std::size_t> members() const;
  /// Any thread. How many instances of librdkafka read records of that side back.
  std::size_t fetchers(LogSide side) const {
    return fetchers_[static_cast<std::size_t>(side)]->instances();
  }
  /// Where every partition of a side ends now. Blocks, a second at the longest. Any thread. Faults:
  /// `retry` (not all brokers answered).
  Result<std::vector<std::pair<PartitionId, int64_t>>> ends(LogSide side) const;

  /// Any thread.
  std::vector<KafkaStatistics> statistics() const { return callbacks_->statistics(); }
  /// Any thread. Where the partition's commands ended when they were last fetched; -1: not known.
  int64_t known_end(PartitionId partition) const {
    return followers_[static_cast<std::size_t>(LogSide::commands)]->known_end(partition);
  }

  uint64_t open_session() override;
  Sent send_outcome(PartitionId partition, uint64_t token, Bytes key, Bytes value) override;
  std::size_t send_outcomes(PartitionId partition, uint64_t token,
                            std::span<const KafkaOutcome> outcomes) override;
  Sent send_command(PartitionId partition, uint64_t token, Bytes key, Bytes value,
                    std::span<const KafkaHeader> headers) override;
  KafkaRoom room(KafkaPlace place) const override;
  void follow(KafkaPlace place, int64_t from) override;
  void unfollow(KafkaPlace place) override;
  void hold(KafkaPlace place, bool held) override;
  void ask_end(KafkaPlace place) override;
  void leave_group() override;
  Result<Step> poll(KafkaSink& sink) override;
  void on_event(Bell* bell) override;
  Result<void> fetch(KafkaPlace place, int64_t from, std::size_t bytes_max,
                     const std::function<void(std::span<const KafkaRecord>)>& take) override;

 private:
  using ProducerPtr = std::shared_ptr<KafkaRdProducer>;
  KafkaRdClient(KafkaRdOptions options, const Clock& clock);
  Result<void> start();
  Result<void> start_group();
  Result<bool> poll_group(KafkaSink& sink);
  Result<void> join_anew();
  Result<RdConf> conf(KafkaRole role, KafkaPropertyList ours) const;
  Result<ProducerPtr> make_producer(uint64_t session);
  ProducerPtr producer(const ProducerPtr& which) const;
  void replace(ProducerPtr& which, ProducerPtr by);
  Result<void> mend_producers();
  template <class Part>
  void reap(Part part);
  bool poll_answers(KafkaSink& sink);
  Result<void> keep_house();
  void commit_positions();
  KafkaRdFollower& follower(LogSide side) { return *followers_[static_cast<std::size_t>(side)]; }

  const KafkaRdOptions options_;
  const Clock& clock_;
  /// Shared with what the reaper holds: librdkafka's threads call into it until they have ended.
  const std::shared_ptr<RdCallbacks> callbacks_;
  std::unique_ptr<KafkaRdReaper> reaper_;
  std::unique_ptr<KafkaRdAsker> asker_;
  std::unique_ptr<KafkaRdFollower> followers_[2];  // by side
  std::unique_ptr<KafkaRdFetchers> fetchers_[2];   // by side
  std::unique_ptr<KafkaRdGroup> group_;
  std::atomic<bool> group_wanted_{false};
  std::deque<int64_t> fenced_at_ns_;  // the last times that the group knew us no more
  mutable std::mutex producers_mutex_;  // held to copy or replace a pointer
  ProducerPtr outcomes_, commands_;
  ProducerPtr old_commands_;  // broken; its reports are still to come
  uint64_t last_session_ = 0;
  std::optional<Fault> fault_;
  int64_t kept_house_at_ns_ = 0, committed_at_ns_ = 0;
};

}  // namespace spate
