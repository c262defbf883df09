// Adapters around the two moves: a stopped directory, a cluster's topics, the folds of both.
#include "engine/app/migrate.hpp"

#include <algorithm>
#include <filesystem>

#include "engine/app/cluster_patience.hpp"
#include "engine/app/foreign_commands.hpp"
#include "engine/app/kafka_layout.hpp"
#include "engine/app/log_digests.hpp"
#include "engine/app/log_fold.hpp"
#include "engine/app/log_source.hpp"
#include "engine/app/stopped_log.hpp"
#include "engine/base/chance.hpp"
#include "engine/log/kafka_rd_admin.hpp"
#include "engine/log/kafka_rd_client.hpp"
#include "engine/log/move_from_kafka.hpp"

namespace spate {
namespace {

constexpr const char* go_on = "run the same command again, it goes on where it ended";

class KafkaRdMoveNotes final : public MoveNotes {
 public:
  explicit KafkaRdMoveNotes(KafkaRdAdmin& admin) : admin_(admin) {}
  Result<std::optional<KafkaIdentity>> read() override { return read_kafka_identity(admin_); }
  Result<KafkaMove> read_move() override { return read_kafka_move(admin_); }
  Result<void> write_identity(const KafkaIdentity& identity) override {
    return write_kafka_identity(admin_, identity);
  }
  Result<void> write_move(const KafkaMove& move) override { return write_kafka_move(admin_, move); }

 private:
  KafkaRdAdmin& admin_;
};

/// The cluster as a move finds it.
struct Cluster {
  std::unique_ptr<KafkaRdAdmin> admin;
  std::string place;
  std::vector<KafkaTopicState> present;

  static Result<Cluster> ask(const Config& config, const std::vector<std::string>& domains) {
    Cluster cluster;
    TRY(cluster.admin, KafkaRdAdmin::open(config.kafka.brokers, config.kafka.properties,
                                          ClusterPatience::ask_ms_max, nullptr));
    TRY(const std::string id, cluster.admin->cluster_id());
    cluster.place = "the Kafka cluster " + id + " (" + config.kafka.brokers + ")";
    std::vector<std::string> names{kafka_ownership_topic};
    for (const std::string& domain : domains)
      for (const LogSide side : {LogSide::commands, LogSide::outcomes})
        names.push_back(kafka_topic_name(domain, side));
    TRY(cluster.present, cluster.admin->describe(names));
    for (const KafkaTopicState& topic : cluster.present)
      if (topic.name == kafka_ownership_topic) return cluster;
    return stop("kafka_topics", std::string("there is no topic ") + kafka_ownership_topic +
                                    "; make the topics with `spate topics apply --kafka " +
                                    config.kafka.brokers + "`");
  }
};

std::vector<std::string> names_of(const Catalog& catalog) {
  std::vector<std::string> names;
  for (const DomainPlan& plan : catalog.domains()) names.push_back(plan.name);
  return names;
}

Result<std::unique_ptr<KafkaRdClient>> client_of(const Config& config, const KafkaLayout& layout,
                                                 const Clock& clock) {
  KafkaRdOptions options;
  options.brokers = config.kafka.brokers;
  options.client_id = "spate-migrate";
  options.topics = kafka_topics_of(layout.topology);
  options.properties = config.kafka.properties;
  options.message_bytes_max = layout.message_bytes_max;
  options.send_bytes_max = std::max(options.send_bytes_max, 2 * layout.message_bytes_max);
  options.fetch_ms_max = ClusterPatience::fetch_ms_max;
  options.close_ms_max = config.kafka.close_ms_max;
  return KafkaRdClient::open(std::move(options), clock);
}

std::size_t record_bytes_max(const Config& config) {
  return std::max(config.processor.command_bytes_max, config.processor.outcome_bytes_max);
}

/// The numbers of the directory's domains are part of positions: the cluster gets the same.
Result<KafkaIdentity> identity_of(const SegmentLog& log, const Catalog& catalog) {
  KafkaIdentity identity;
  identity.log = log.identity();
  uint16_t last = 0;
  for (const DomainPlace& place : log.topology().domains()) {
    if (catalog.find(place.name) == nullptr)
      return stop("unknown_domain", "the log holds the domain '" + place.name +
                                        "', which this binary does not have: use the one that "
                                        "wrote it");
    identity.domains[place.name] = place.number;
    last = std::max(last, place.number);
  }
  for (const DomainPlan& plan : catalog.domains())
    if (!identity.domains.contains(plan.name)) identity.domains[plan.name] = ++last;
  return identity;
}

/// A stream's place follows from the count, so it must be the directory's (B7).
Result<void> check_counts(const Topology& directory, const Topology& cluster,
                          const std::string& brokers) {
  for (const DomainPlace& place : directory.domains()) {
    const DomainPlace* there = cluster.find(place.name);
    if (there == nullptr || there->partitions == place.partitions) continue;
    return stop("partition_count",
                "the directory has " + std::to_string(place.partitions) + " partitions of " +
                    place.name + ", its topics have " + std::to_string(there->partitions) +
                    ": a stream's place follows from the count. Give " + place.name +
                    " partitions: " + std::to_string(place.partitions) +
                    " in a topics.yaml, delete the empty topics, and make them again with `spate "
                    "topics apply --topics FILE --kafka " + brokers + "`");
  }
  return {};
}

Result<void> compare_digests(Log& here, Log& there, const Catalog& catalog,
                             const std::string& folder) {
  const ScratchFolder scratch(folder);
  TRY(const auto ours, fold_digests(here, catalog, scratch.path() + "/here"));
  TRY(const auto theirs, fold_digests(there, catalog, scratch.path() + "/there"));
  // A domain that is newer than the directory has topics and no outcome yet.
  for (const PartitionDigests& one : ours)
    if (std::find(theirs.begin(), theirs.end(), one) == theirs.end())
      return stop("digest_differs", "partition " + std::to_string(one.id.domain) + "." +
                                        std::to_string(one.id.index) +
                                        " folds to other rows or views on the other side");
  return {};
}

}  // namespace

Result<MoveReport> migrate_to_kafka(const Config& config, const Catalog& catalog, bool only_plan,
                                    const MigrateProgress& progress) {
  const SystemClock clock;
  TRY(const auto opened, StoppedLog::open(config.data));
  TRY(const KafkaIdentity identity, identity_of(opened->log(), catalog));
  TRY(const Cluster cluster, Cluster::ask(config, names_of(catalog)));
  TRY(const KafkaLayout layout, kafka_layout(names_of(catalog), identity, cluster.present,
                                             record_bytes_max(config), config.kafka.brokers));
  TRY(check_counts(opened->log().topology(), layout.topology, config.kafka.brokers));
  ThreadBell bell;
  TRY(const auto client, client_of(config, layout, clock));
  ClusterPatience patience(clock, bell, go_on);
  client->on_event(&bell);
  KafkaRdMoveNotes notes(*cluster.admin);
  MoveToKafkaParts parts;
  parts.source = &opened->log();
  parts.directory = &opened->storage();
  parts.client = client.get();
  parts.notes = &notes;
  parts.identity = identity;
  parts.place = cluster.place;
  parts.compare_folds = [&]() -> Result<void> {
    TRY(const auto there, open_cluster(config, catalog));
    return compare_digests(opened->log(), there->log(), catalog, config.data + "/migrate-scratch");
  };
  parts.pause = [&](bool idle, const MoveProgress& at) -> Result<void> {
    progress(at);
    return patience.wait(idle);
  };
  MoveToKafka move(std::move(parts));
  return only_plan ? move.plan() : move.run();
}

Result<MoveReport> migrate_to_directory(const Config& config, const Catalog& catalog,
                                        bool only_plan, const MigrateProgress& progress) {
  const SystemClock clock;
  TRY(const Cluster cluster, Cluster::ask(config, names_of(catalog)));
  TRY(const auto identity, read_kafka_identity(*cluster.admin));
  TRY(KafkaLayout layout, kafka_layout(names_of(catalog), identity, cluster.present,
                                       record_bytes_max(config), config.kafka.brokers));
  TRY(const auto client, client_of(config, layout, clock));
  ForeignCommands door(catalog, layout.topology,
                       ForeignLimits{config.processor.command_bytes_max,
                                     config.processor.outcome_bytes_max,
                                     config.kafka.control_secret});
  KafkaLogParts log;
  log.topology = layout.topology;
  log.identity = identity->log;
  log.client = client.get();
  log.clock = &clock;
  log.door = &door;
  log.node.nonce = chance();
  log.node.address = kafka_moved_address;
  log.node.random = chance;
  ThreadBell bell;
  KafkaLog source(std::move(log));
  ClusterPatience patience(clock, bell, go_on);
  source.on_work(&bell);
  while (!source.caught_up()) {
    TRY(const Step step, source.step());
    TRY(patience.wait(step != Step::worked));
  }
  if (only_plan && !std::filesystem::exists(config.data)) {
    MoveReport report;
    for (const PartitionId id : layout.topology.partitions())
      if (const auto tail = source.tail(id)) report.outcomes += tail->sequence.value;
    return report;
  }
  std::error_code ignored;  // the next line tells it
  std::filesystem::create_directories(config.data, ignored);
  TRY(const auto storage, PosixStorage::at(config.data + "/log"));
  KafkaRdMoveNotes notes(*cluster.admin);
  MoveFromKafkaParts parts;
  parts.directory = storage.get();
  parts.clock = &clock;
  parts.source = &source;
  parts.notes = &notes;
  parts.place = cluster.place;
  parts.compare_folds = [&](Log& target) {
    return compare_digests(target, source, catalog, config.data + "/migrate-scratch");
  };
  parts.pause = [&](bool idle, const MoveProgress& at) -> Result<void> {
    progress(at);
    TRY(const Step step, source.step());
    return patience.wait(idle && step != Step::worked);
  };
  MoveFromKafka move(std::move(parts));
  return only_plan ? move.plan() : move.run();
}

}  // namespace spate
