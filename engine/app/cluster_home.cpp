// Putting a node's forwarder between the edge, the processors and the owners that the log names.
#include "engine/app/cluster_home.hpp"

#include <pthread.h>

namespace spate {

Result<std::unique_ptr<ClusterHome>> ClusterHome::bind(const Config& config, Tell tell) {
  TRY(const HostPort listen, parse_listen(config.cluster.listen, "cluster.listen"));
  TRY(ClusterDoor door, ClusterDoor::open({listen.host, listen.port, config.cluster.advertise},
                                          config.insecure_dev));
  return std::unique_ptr<ClusterHome>(new ClusterHome(config, std::move(door), std::move(tell)));
}

ClusterHome::ClusterHome(const Config& config, ClusterDoor door, Tell tell)
    : sizes_(ring_sizes(config)),
      tell_(std::move(tell)),
      address_(door.address()),
      door_(std::move(door)) {}

ClusterHome::~ClusterHome() { stop(); }

void ClusterHome::join(const Topology& topology) {
  topology_ = topology;
  owners_ = std::make_unique<OwnerTable>(topology.partitions().size());
  elsewhere_ = std::make_unique<std::atomic<bool>[]>(topology.partitions().size());
}

void ClusterHome::owner_changed(PartitionId partition, const KafkaOwner& owner) {
  Owner now;
  if (owner.where == KafkaOwner::Where::here) now.where = Owner::Where::here;
  if (owner.where == KafkaOwner::Where::elsewhere) now = {Owner::Where::peer, owner.address};
  const uint32_t dense = topology_.dense_index(partition);
  elsewhere_[dense].store(now.where == Owner::Where::peer && owner.is_left_to_others);
  owners_->set(dense, std::move(now));
}

ClusterHome::Shares ClusterHome::shares() const {
  Shares shares;
  for (const PartitionId id : topology_.partitions()) {
    const Owner::Where where = owners_->owner(topology_.dense_index(id)).where;
    shares.here += where == Owner::Where::here ? 1 : 0;
    shares.elsewhere += where == Owner::Where::peer ? 1 : 0;
  }
  return shares;
}

void ClusterHome::make_rings(uint32_t edges, uint32_t processors) {
  for (uint32_t e = 0; e < edges; ++e)
    to_nodes_.push_back(std::make_unique<Mailbox>(sizes_.nodes_bytes, sizes_.nodes_bytes));
  for (uint32_t p = 0; p < processors; ++p) {
    from_nodes_.push_back(std::make_unique<Mailbox>(sizes_.nodes_bytes, sizes_.nodes_bytes));
    handoffs_.push_back(std::make_unique<Handoff>(sizes_.nodes_bytes));
  }
}

Result<void> ClusterHome::open(Log& log, const Clock& clock, MailboxRoutes& routes,
                               std::vector<uint32_t> processor_of) {
  ForwarderParts parts;
  for (auto& mailbox : to_nodes_) parts.edges.push_back(mailbox.get());
  for (auto& mailbox : from_nodes_) parts.processors.push_back(mailbox.get());
  for (auto& handoff : handoffs_) parts.handoffs.push_back(handoff.get());
  parts.edge_mailbox = static_cast<uint32_t>(from_nodes_.size());
  parts.processor_of = std::move(processor_of);
  parts.routes = &routes;
  parts.owners = owners_.get();
  parts.log = &log;
  parts.clock = &clock;
  ClusterNode::Options options;
  options.forwarder.own.bytes_max = sizes_.waiting_bytes;
  options.tell = tell_;
  options.digests = &digests_;
  TRY(node_, ClusterNode::open(std::move(*door_), std::move(parts), std::move(options)));
  door_.reset();
  return {};
}

void ClusterHome::add_metrics(std::vector<Sample>& out) const {
  if (node_ == nullptr) return;
  const ForwarderStats& stats = node_->stats();
  const auto number = [](const Counter& counter) { return static_cast<double>(counter.get()); };
  const std::pair<const char*, const Counter*> counts[] = {{"sent", &stats.sent},
                                                           {"sent_again", &stats.sent_again},
                                                           {"published", &stats.published},
                                                           {"given_up", &stats.given_up},
                                                           {"served", &stats.served}};
  for (const auto& [what, count] : counts)
    out.push_back({Metric::forwarded_requests, {what}, number(*count)});
  out.push_back({Metric::forwarded_in_flight, {}, number(stats.in_flight)});
}

void ClusterHome::start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "cluster");
    node_->run();
  });
}

void ClusterHome::stop() {
  if (!thread_.joinable()) return;
  node_->stop();
  thread_.join();
}

void ClusterHome::close() {
  stop();
  node_.reset();
}

}  // namespace spate
