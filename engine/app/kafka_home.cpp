// Joining a cluster: its identity, its topics, then a client and the log above it.
#include "engine/app/kafka_home.hpp"

#include <algorithm>
#include <filesystem>
#include <random>

#include "engine/app/foreign_commands.hpp"
#include "engine/app/kafka_layout.hpp"
#include "engine/app/kafka_metrics.hpp"
#include "engine/app/wanted_domains.hpp"
#include "engine/log/kafka_rd_admin.hpp"

namespace spate {
namespace {

constexpr int ask_ms_max = 3'000;
constexpr int64_t catch_up_wait_ns = 20'000'000;
constexpr std::size_t place_bytes_min = 128 << 10, place_bytes_max = 8 << 20;

}  // namespace

KafkaHome::KafkaHome(const Config& config, const Clock& clock, KafkaTell tell)
    : config_(config), clock_(clock), tell_(std::move(tell)) {}

/// The feeds read the log, the log calls the client; the client ends its threads before the rest
/// goes.
KafkaHome::~KafkaHome() {
  feeds_.reset();
  log_.reset();
  client_.reset();
}

Result<std::unique_ptr<KafkaHome>> KafkaHome::open(const Config& config, const Catalog& catalog,
                                                   const Clock& clock, KafkaTell tell) {
  std::unique_ptr<KafkaHome> home(new KafkaHome(config, clock, std::move(tell)));
  TRY(home->open_notes());
  TRY(home->cluster_, ClusterHome::bind(config, home->tell_));
  TRY(home->join(catalog));
  return home;
}

Result<void> KafkaHome::open_notes() {
  std::error_code error;
  if (std::filesystem::exists(config_.data + "/log", error))
    return stop("data_embedded", config_.data +
                                     " holds an embedded log: give another --data, or leave out "
                                     "--kafka");
  std::filesystem::create_directories(config_.data, error);
  TRY(notes_, PosixStorage::at(config_.data + "/kafka"));
  TRY(lock_, notes_->lock());
  return {};
}

Result<void> KafkaHome::join(const Catalog& catalog) {
  // Its own log is not told: that no broker is there yet is said by who waits for it.
  TRY(const auto admin, KafkaRdAdmin::open(config_.kafka.brokers, config_.kafka.properties,
                                           ask_ms_max, nullptr));
  TRY(cluster_id_, admin->cluster_id());
  std::vector<std::string> domains, names;
  for (const DomainPlan& plan : catalog.domains()) {
    domains.push_back(plan.name);
    for (const LogSide side : {LogSide::commands, LogSide::outcomes})
      names.push_back(kafka_topic_name(plan.name, side));
  }
  TRY(const TopicsFile file, topics_file(config_));
  for (std::string& name : feed_topic_names(file, catalog)) names.push_back(std::move(name));
  TRY(const auto present, admin->describe(names));
  TRY(const auto identity, read_kafka_identity(*admin));
  const std::size_t record_bytes_max =
      std::max(config_.processor.command_bytes_max, config_.processor.outcome_bytes_max);
  TRY(KafkaLayout layout, kafka_layout(domains, identity, present, record_bytes_max,
                                       config_.kafka.brokers));
  TRY(client_, KafkaRdClient::open(client_options(layout.message_bytes_max, layout.topology),
                                   clock_));
  door_ = std::make_unique<ForeignCommands>(
      catalog, layout.topology,
      ForeignLimits{config_.processor.command_bytes_max, config_.processor.outcome_bytes_max,
                    config_.kafka.control_secret});
  cluster_->join(layout.topology);
  KafkaLogParts parts;
  parts.topology = std::move(layout.topology);
  parts.identity = identity->log;
  parts.client = client_.get();
  parts.clock = &clock_;
  parts.door = door_.get();
  parts.storage = notes_.get();
  parts.node = node();
  const std::size_t memory = config_.memory().log_queue_bytes;
  parts.limits.undurable_bytes_max = memory / 4;
  parts.limits.recent_bytes_max = memory / 4;
  const std::size_t partitions = parts.topology.partitions().size();
  parts.limits.queued_command_bytes_max =
      std::clamp(memory / 8 / partitions, place_bytes_min, place_bytes_max);
  log_ = std::make_unique<KafkaLog>(std::move(parts));
  log_->on_work(&bell_);
  TRY(feeds_, KafkaFeeds::open({config_, catalog, clock_, *log_, *client_, present, tell_}, file));
  return {};
}

KafkaRdOptions KafkaHome::client_options(std::size_t message_bytes_max,
                                         const Topology& topology) const {
  KafkaRdOptions options;
  options.brokers = config_.kafka.brokers;
  options.topics = kafka_topics_of(topology);
  options.group = config_.kafka.group;
  options.instance = config_.kafka.instance;
  options.properties = config_.kafka.properties;
  options.message_bytes_max = message_bytes_max;
  const std::size_t memory = config_.memory().log_queue_bytes;
  options.send_bytes_max = std::max<std::size_t>(memory / 8, 2 * message_bytes_max);
  options.follow.place_bytes_max =
      std::clamp(memory / 8 / topology.partitions().size(), place_bytes_min, place_bytes_max);
  options.close_ms_max = config_.kafka.close_ms_max;
  options.tell = tell_;
  return options;
}

KafkaNode KafkaHome::node() const {
  std::random_device chance;
  const auto word = [&] { return uint64_t{chance()} << 32 | chance(); };
  KafkaNode node;
  node.nonce = word();
  node.address = cluster_->address();
  node.owner_changed = [this](PartitionId id, const KafkaOwner& owner) {
    cluster_->owner_changed(id, owner);
  };
  node.random = [generator = std::make_shared<std::mt19937_64>(word())] { return (*generator)(); };
  node.tell = tell_;
  return node;
}

std::vector<LogHome::Worker> KafkaHome::workers() {
  std::vector<Worker> workers{{"kafka-log", [this] { return log_->step(); }}};
  if (feeds_ != nullptr)
    workers.push_back({"kafka-feeds", [this] { return feeds_->feeds().step(); }});
  return workers;
}

void KafkaHome::on_work(const std::vector<Bell*>& bells) {
  log_->on_work(bells[0]);
  if (feeds_ == nullptr) return;
  feeds_->on_event(bells[1]);
  for (const auto& partition : feeds_->feeds().partitions())
    log_->on_durable(partition->id(), bells[1]);
}

Result<bool> KafkaHome::catch_up() {
  if (log_->caught_up()) return true;
  TRY(const Step step, log_->step());
  if (step != Step::worked) bell_.wait(catch_up_wait_ns);
  return log_->caught_up();
}

std::string KafkaHome::found() const {
  return "joined the cluster " + cluster_id_ + ", " + to_text(log_->identity());
}

std::optional<Cause> KafkaHome::commands_end(PartitionId partition) const {
  if (!log_->owns(partition)) return std::nullopt;
  const int64_t end = client_->known_end(partition);
  if (end < 0) return std::nullopt;
  return Cause{static_cast<uint64_t>(end)};
}

void KafkaHome::add_metrics(std::vector<Sample>& out) const {
  std::vector<KafkaStatistics> statistics = client_->statistics();
  if (feeds_ != nullptr) {
    for (KafkaStatistics& one : feeds_->statistics()) statistics.push_back(std::move(one));
    feed_metrics(feeds_->feeds(), *log_, out);
  }
  kafka_metrics(statistics, out);
}

Result<void> KafkaHome::close() {
  if (feeds_ != nullptr) feeds_->close();
  feeds_.reset();
  log_->note_all();
  log_.reset();
  client_.reset();  // bounded: what hangs is abandoned
  return {};
}

}  // namespace spate
