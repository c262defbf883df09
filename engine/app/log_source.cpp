// A cluster's log without a group elects nobody: it follows, and that is all.
#include "engine/app/log_source.hpp"

#include <filesystem>

#include "engine/app/cluster_patience.hpp"
#include "engine/app/kafka_layout.hpp"
#include "engine/app/stopped_log.hpp"
#include "engine/log/kafka_log.hpp"
#include "engine/log/kafka_rd_admin.hpp"
#include "engine/log/kafka_rd_client.hpp"
#include "engine/log/log_piece.hpp"
#include "engine/log/posix_storage.hpp"

namespace spate {
namespace {

class DirectorySource final : public LogSource {
 public:
  explicit DirectorySource(std::unique_ptr<StoppedLog> opened) : opened_(std::move(opened)) {}
  Log& log() override { return opened_->log(); }
  Result<void> hear(int64_t) override { return {}; }

 private:
  std::unique_ptr<StoppedLog> opened_;
};

class ClusterSource final : public LogSource {
 public:
  ~ClusterSource() override { log_.reset(); }
  Log& log() override { return *log_; }
  Result<void> hear(int64_t ns_max) override {
    TRY(const Step step, log_->step());
    if (step != Step::worked) bell_.wait(ns_max);
    return {};
  }

  Result<void> join(const Config& config, const Catalog& catalog) {
    TRY(const auto admin, KafkaRdAdmin::open(config.kafka.brokers, config.kafka.properties,
                                             ClusterPatience::ask_ms_max, nullptr));
    TRY(const std::string cluster, admin->cluster_id());
    std::vector<std::string> domains, names;
    for (const DomainPlan& plan : catalog.domains()) {
      domains.push_back(plan.name);
      for (const LogSide side : {LogSide::commands, LogSide::outcomes})
        names.push_back(kafka_topic_name(plan.name, side));
    }
    TRY(const auto present, admin->describe(names));
    TRY(const auto identity, read_kafka_identity(*admin));
    TRY(KafkaLayout layout, kafka_layout(domains, identity, present, 0, config.kafka.brokers));
    KafkaRdOptions options;
    options.brokers = config.kafka.brokers;
    options.client_id = "spate-reader";
    options.topics = kafka_topics_of(layout.topology);
    options.properties = config.kafka.properties;
    options.fetch_ms_max = ClusterPatience::fetch_ms_max;
    options.close_ms_max = config.kafka.close_ms_max;
    TRY(client_, KafkaRdClient::open(std::move(options), clock_));
    KafkaLogParts parts;
    parts.topology = std::move(layout.topology);
    parts.identity = identity->log;
    parts.client = client_.get();
    parts.clock = &clock_;
    parts.door = &door_;
    parts.node.random = [] { return uint64_t{0}; };  // it never claims
    parts.node.address = kafka_moved_address;        // and reads a log that has left, too
    log_ = std::make_unique<KafkaLog>(std::move(parts));
    log_->on_work(&bell_);
    return {};
  }

  Result<void> catch_up() {
    ClusterPatience patience(clock_, bell_, "the outcome topics are not read to their ends");
    while (!log_->caught_up()) {
      TRY(const Step step, log_->step());
      TRY(patience.wait(step != Step::worked));
    }
    return {};
  }

 private:
  SystemClock clock_;
  RawCommandDoor door_;
  ThreadBell bell_;
  std::unique_ptr<KafkaRdClient> client_;
  std::unique_ptr<KafkaLog> log_;
};

class NodeSource final : public LogSource {
 public:
  Log& log() override { return cluster_->log(); }
  Result<void> hear(int64_t ns_max) override { return cluster_->hear(ns_max); }

  Result<void> open(const Config& config, const Catalog& catalog) {
    const std::string notes = config.data + "/kafka";
    std::error_code error;
    if (!std::filesystem::is_directory(notes, error))
      return stop("no_log", config.data + " is no node's directory: give the --data DIR that the "
                                          "server was given beside --kafka");
    TRY(notes_, PosixStorage::at(notes));
    TRY(lock_, notes_->lock());
    TRY(cluster_, open_cluster(config, catalog));
    return {};
  }

 private:
  std::unique_ptr<PosixStorage> notes_;
  std::unique_ptr<DirectoryLock> lock_;
  std::unique_ptr<LogSource> cluster_;
};

}  // namespace

Result<std::unique_ptr<LogSource>> open_directory(const std::string& data) {
  TRY(auto opened, StoppedLog::open(data));
  return std::unique_ptr<LogSource>(std::make_unique<DirectorySource>(std::move(opened)));
}

Result<std::unique_ptr<LogSource>> open_cluster(const Config& config, const Catalog& catalog) {
  auto source = std::make_unique<ClusterSource>();
  TRY(source->join(config, catalog));
  TRY(source->catch_up());
  return std::unique_ptr<LogSource>(std::move(source));
}

Result<std::unique_ptr<LogSource>> open_node(const Config& config, const Catalog& catalog) {
  auto source = std::make_unique<NodeSource>();
  TRY(source->open(config, catalog));
  return std::unique_ptr<LogSource>(std::move(source));
}

Result<void> each_outcome(Log& log, PartitionId partition,
                          const std::function<bool(const RecordView&)>& visit) {
  for (uint64_t next = 1;;) {
    TRY(const BatchPtr batch, log.read(LogSide::outcomes, partition, next, log_piece_bytes));
    if (batch == nullptr || batch->last() < next) return {};
    for (const RecordView record : *batch)
      if (record.head.number >= next && !visit(record)) return {};
    next = batch->last() + 1;
  }
}

}  // namespace spate
