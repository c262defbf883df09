// Joining a cluster: its identity, its topics, then a client and the log above it.
#include "engine/app/kafka_home.hpp"

#include <algorithm>
#include <filesystem>
#include <random>

#include "engine/app/checkpoint_source.hpp"
#include "engine/app/foreign_commands.hpp"
#include "engine/app/kafka_layout.hpp"
#include "engine/app/node_name.hpp"
#include "engine/app/shipped_notes.hpp"
#include "engine/app/wanted_domains.hpp"
#include "engine/base/chance.hpp"
#include "engine/log/kafka_rd_admin.hpp"
#include "engine/shipping/directory_depot.hpp"

namespace spate {
namespace {

constexpr int home_ask_ms_max = 3'000;
constexpr int64_t catch_up_wait_ns = 20'000'000;
constexpr std::size_t place_bytes_min = 128 << 10, place_bytes_max = 8 << 20;

}  // namespace

KafkaHome::KafkaHome(const Config& config, const Catalog& catalog, const Clock& clock,
                     KafkaTell tell)
    : config_(config), catalog_(catalog), clock_(clock), tell_(std::move(tell)) {}

/// Feeds and links to other nodes read the log, the log calls the client; the client ends its
/// threads before the rest goes.
KafkaHome::~KafkaHome() {
  if (cluster_ != nullptr) cluster_->close();
  freshness_.reset();
  feeds_.reset();
  log_.reset();
  client_.reset();
}

Result<std::unique_ptr<KafkaHome>> KafkaHome::open(const Config& config, const Catalog& catalog,
                                                   const Clock& clock, KafkaTell tell) {
  std::unique_ptr<KafkaHome> home(new KafkaHome(config, catalog, clock, std::move(tell)));
  TRY(home->open_notes());
  TRY(home->cluster_, ClusterHome::bind(config, home->tell_));
  TRY(home->connect());
  TRY(home->look_for_checkpoint());
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
  std::filesystem::remove_all(taken_folder(config_.data), error);
  TRY(CheckpointFetch::finish(config_.data));
  return open_name();
}

/// Static membership for everybody: a node that crashed is taken back at once, while the group
/// would have to miss a member without a name for a whole session first.
Result<void> KafkaHome::open_name() {
  instance_ = config_.kafka.instance;
  if (!instance_.empty()) return {};
  TRY(const NodeName kept, node_name_in(notes_->directory()));
  if (kept.of_copy)
    tell_(config_.data + " is a copy of another node's: it joins the group under a name of its own");
  instance_ = kept.name;
  return {};
}

Result<void> KafkaHome::connect() {
  // Its own log is not told: that no broker is there yet is said by who waits for it.
  TRY(const auto admin, KafkaRdAdmin::open(config_.kafka.brokers, config_.kafka.properties,
                                           home_ask_ms_max, nullptr));
  TRY(cluster_id_, admin->cluster_id());
  std::vector<std::string> domains, names;
  for (const DomainPlan& plan : catalog_.domains()) {
    domains.push_back(plan.name);
    for (const LogSide side : {LogSide::commands, LogSide::outcomes})
      names.push_back(kafka_topic_name(plan.name, side));
  }
  TRY(topics_file_, topics_file(config_));
  for (std::string& name : feed_topic_names(topics_file_, catalog_))
    names.push_back(std::move(name));
  TRY(present_, admin->describe(names));
  TRY(const auto identity, read_kafka_identity(*admin));
  if (identity) TRY(check_log_is_here(identity->move));
  const std::size_t record_bytes_max =
      std::max(config_.processor.command_bytes_max, config_.processor.outcome_bytes_max);
  TRY(KafkaLayout layout, kafka_layout(domains, identity, present_, record_bytes_max,
                                       config_.kafka.brokers));
  TRY(client_, KafkaRdClient::open(client_options(layout.message_bytes_max, layout.topology),
                                   clock_));
  topology_ = std::move(layout.topology);
  identity_ = identity->log;
  return {};
}

/// For a node that has nothing yet; one that has goes on with what it has.
Result<void> KafkaHome::look_for_checkpoint() {
  const std::string& directory = config_.checkpoints.directory;
  std::error_code error;
  if (!directory.empty() && !std::filesystem::is_directory(directory, error))
    return stop("checkpoints_missing",
                "checkpoints.directory " + directory +
                    " is no directory here: mount or make it, or leave out --checkpoints");
  if (directory.empty() || !CheckpointFetch::is_wanted(config_.data)) return {};
  depot_ = std::make_unique<DirectoryDepot>(directory);
  CheckpointFetch::Parts parts;
  parts.depot = depot_.get();
  parts.data = config_.data;
  parts.log = identity_.id;
  parts.incarnation = identity_.incarnation;
  parts.misfit = [this](const ShippedPartition& partition) {
    return misfit(partition, topology_, *client_, [this](PartitionId id) -> Result<int64_t> {
      TRY(const auto ends, client_->ends(LogSide::outcomes));
      return ends[topology_.dense_index(id)].second;
    });
  };
  parts.tell = tell_;
  fetch_ = std::make_unique<CheckpointFetch>(std::move(parts));
  return {};
}

Result<void> KafkaHome::open_log() {
  door_ = std::make_unique<ForeignCommands>(
      catalog_, topology_,
      ForeignLimits{config_.processor.command_bytes_max, config_.processor.outcome_bytes_max,
                    config_.kafka.control_secret});
  cluster_->join(topology_);
  KafkaLogParts parts;
  parts.topology = topology_;
  parts.identity = identity_;
  parts.client = client_.get();
  parts.clock = &clock_;
  parts.door = door_.get();
  parts.storage = notes_.get();
  parts.node = node();
  const std::size_t memory = config_.memory().log_queue_bytes;
  parts.limits.undurable_bytes_max = memory / 4;
  parts.limits.recent_bytes_max = memory / 4;
  const std::size_t partitions = topology_.partitions().size();
  parts.limits.queued_command_bytes_max =
      std::clamp(memory / 8 / partitions, place_bytes_min, place_bytes_max);
  log_ = std::make_unique<KafkaLog>(std::move(parts));
  log_->on_work(&bell_);
  freshness_ = std::make_unique<LogFreshness>(*log_, *client_, clock_);
  TRY(feeds_, KafkaFeeds::open({config_, catalog_, clock_, *log_, *client_, present_, tell_},
                               topics_file_));
  return {};
}

KafkaRdOptions KafkaHome::client_options(std::size_t message_bytes_max,
                                         const Topology& topology) const {
  KafkaRdOptions options;
  options.brokers = config_.kafka.brokers;
  options.topics = kafka_topics_of(topology);
  options.group = config_.kafka.group;
  options.instance = instance_;
  options.properties = config_.kafka.properties;
  options.message_bytes_max = message_bytes_max;
  const std::size_t memory = config_.memory().log_queue_bytes;
  options.send_bytes_max = std::max<std::size_t>(memory / 8, 2 * message_bytes_max);
  options.follow.place_bytes_max =
      std::clamp(memory / 8 / topology.partitions().size(), place_bytes_min, place_bytes_max);
  options.fetch_bytes_max = options.follow.place_bytes_max;
  options.close_ms_max = config_.kafka.close_ms_max;
  options.tell = tell_;
  return options;
}

KafkaNode KafkaHome::node() const {
  KafkaNode node;
  node.nonce = chance();
  node.address = cluster_->address();
  node.owner_changed = [this](PartitionId id, const KafkaOwner& owner) {
    cluster_->owner_changed(id, owner);
  };
  const auto generator = std::make_shared<std::mt19937_64>(chance());
  node.random = [generator] { return (*generator)(); };
  node.tell = tell_;
  return node;
}

std::vector<LogHome::Worker> KafkaHome::workers() {
  std::vector<Worker> workers{{"kafka-log", [this] { return log_->step(); }}};
  if (feeds_ != nullptr)
    workers.push_back({"kafka-feeds", [this] { return feeds_->feeds().step(); }});
  workers.push_back({"kafka-ends", [this]() -> Result<Step> { return freshness_->step(); }});
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
  if (fetch_ != nullptr) {
    TRY(const bool done, fetch_->step());
    if (!done) return false;
    if (const auto& found = fetch_->found())
      tell_("begins with a checkpoint of " + found->by + ": " +
            std::to_string(found->bytes() >> 20) + " MiB from " + depot_->name());
    fetch_.reset();
    depot_.reset();
  }
  if (log_ == nullptr) TRY(open_log());
  if (log_->caught_up()) return true;
  TRY(const Step step, log_->step());
  if (step != Step::worked) bell_.wait(catch_up_wait_ns);
  return log_->caught_up();
}

bool KafkaHome::nobody_left() const {
  const auto members = client_->members();
  return members && *members == 0;
}

std::optional<int64_t> KafkaHome::behind_ns(PartitionId partition, Sequence views) const {
  return freshness_->known().behind_ns(topology_.dense_index(partition), views);
}

std::string KafkaHome::doing() const {
  return fetch_ != nullptr ? fetch_->doing() : "reading the outcome topics";
}

/// Notes are written by the log's own thread: what is read here is the newest that is whole.
Result<std::vector<ShippedPartition>> KafkaHome::take_notes(const std::string& folder) {
  TRY(const auto storage, PosixStorage::at(folder + "/kafka"));
  return copy_notes(*notes_, *storage, identity_, topology_);
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
  metrics_.add(statistics, out);
}

Result<void> KafkaHome::close() {
  if (feeds_ != nullptr) feeds_->close();
  feeds_.reset();
  freshness_.reset();
  cluster_->close();
  log_->note_all();
  log_.reset();
  client_.reset();  // bounded: what hangs is abandoned
  return {};
}

}  // namespace spate
