// KafkaRdFeeds: the feeds' port over librdkafka: a producer of its own, and a reader of the notes.
#pragma once
#include "engine/log/feed_client.hpp"
#include "engine/log/kafka_rd_properties.hpp"
#include "engine/log/kafka_rd_reaper.hpp"

namespace spate {

struct KafkaRdFeedsOptions {
  std::string brokers;
  KafkaProperties properties;
  std::vector<FeedTopic> topics;
  std::string notes_topic;                ///< compacted, one partition
  std::size_t message_bytes_max = 4 << 20;
  std::size_t send_bytes_max = 8 << 20;   ///< sent and not yet reported
  int64_t notes_ms_max = 3'000;
  int64_t close_ms_max = 5'000;
  KafkaTell tell;
};

class KafkaRdFeeds final : public FeedClient {
 public:
  /// Does not wait for a broker. Faults: `config_invalid`, `kafka_client`.
  static Result<std::unique_ptr<KafkaRdFeeds>> open(KafkaRdFeedsOptions options);
  ~KafkaRdFeeds() override;

  /// Any thread.
  std::vector<KafkaStatistics> statistics() const { return callbacks_->statistics(); }

  const std::vector<FeedTopic>& topics() const override { return options_.topics; }
  Sent send(std::size_t topic, uint16_t partition, uint64_t token, Bytes key, Bytes value,
            std::span<const KafkaHeader> headers) override;
  Sent note(const std::string& key, const std::string& text) override;
  Result<const FeedNotes*> notes() override;
  bool poll(FeedSink& sink) override;
  void reopen() override;
  void flush(int64_t ms_max) override;
  void on_event(Bell* bell) override { callbacks_->set_bell(bell); }

 private:
  /// What is sent to a partition while the first of it lingers leaves as one request; the next is
  /// taken when all of it is reported (why: kafka_rd_under_way.hpp).
  struct Window {
    std::size_t under_way = 0;
    std::size_t bytes = 0;
    int64_t opened_ns = 0;
    /// False: not now.
    bool take(std::size_t bytes_more, int64_t now_ns);
  };
  struct Producer {
    RdClient instance;
    std::vector<RdTopic> topics;  // the last is that of the notes
    RdQueue events;
    /// By topic and partition.
    std::vector<std::vector<Window>> windows;
    void close();
  };
  struct Reader {
    RdClient instance;
    RdTopic topic;
    int64_t next = -1;  // -1: nothing was read yet
    bool is_reading = false;
    void close();
  };

  explicit KafkaRdFeeds(KafkaRdFeedsOptions options);
  Result<RdConf> conf(KafkaRole role, KafkaPropertyList ours) const;
  Result<void> open_producer();
  Result<void> open_reader();
  template <class Part>
  void reap(std::unique_ptr<Part> part);
  Result<void> read_to(int64_t end);
  Result<int64_t> notes_end();
  void rest();

  const KafkaRdFeedsOptions options_;
  const std::shared_ptr<RdCallbacks> callbacks_;
  KafkaRdReaper reaper_;
  std::unique_ptr<Producer> producer_;
  std::unique_ptr<Reader> reader_;
  FeedNotes notes_;
  std::string refused_;  // why librdkafka took no record: reported by the next poll
};

}  // namespace spate
