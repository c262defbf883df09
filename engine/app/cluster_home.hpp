// ClusterHome: this server among the nodes that share a log: its door, its links, their thread, and
// the rings between them, the edge and the processors.
#pragma once
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/app/config.hpp"
#include "engine/app/ring_sizes.hpp"
#include "engine/cluster/cluster_node.hpp"
#include "engine/cluster/owner_table.hpp"
#include "engine/log/kafka_owner.hpp"
#include "engine/telemetry/metrics.hpp"

namespace spate {

/// Life: bind (before the log is joined: its claims name the address), join (its partitions are
/// known), make_rings, open, start; drain, stop, close.
class ClusterHome {
 public:
  using Tell = std::function<void(const std::string&)>;
  /// Takes `cluster.listen`. Faults: `address_…`.
  static Result<std::unique_ptr<ClusterHome>> bind(const Config& config, Tell tell);
  ~ClusterHome();

  /// Where other nodes reach this one.
  const std::string& address() const { return address_; }
  void join(const Topology& topology);
  /// Any thread, once joined.
  void owner_changed(PartitionId partition, const KafkaOwner& owner);
  /// True while another node has claimed it and the group leaves it to others: that it is not
  /// ready here is no trouble.
  const std::atomic<bool>& is_elsewhere(uint32_t dense) const { return elsewhere_[dense]; }
  /// Any thread. Partitions whose owner is here, and those whose owner is another node.
  struct Shares {
    uint32_t here = 0, elsewhere = 0;
  };
  Shares shares() const;
  /// Any thread. Whether this node owns the first of all partitions: one node does what one must do
  /// for all.
  bool owns_first() const { return owners_->owner(0).where == Owner::Where::here; }

  /// One for each edge thread to us, one for each processor thread from us.
  void make_rings(uint32_t edges, uint32_t processors);
  Mailbox& to_nodes(uint32_t edge) { return *to_nodes_[edge]; }
  Mailbox& from_nodes(uint32_t processor) { return *from_nodes_[processor]; }
  Handoff& handoff(uint32_t processor) { return *handoffs_[processor]; }
  /// Which node owns a partition, and how it is asked about digests. Any thread.
  const OwnerDirectory& owners() const { return *owners_; }
  DigestMail& digests() { return digests_; }

  /// `processor_of`: a partition's processor thread, by dense index. From here on `routes` follow
  /// the owners.
  Result<void> open(Log& log, const Clock& clock, MailboxRoutes& routes,
                    std::vector<uint32_t> processor_of);
  void start();
  /// Any thread. Other nodes are told to ask elsewhere; what our edges asked is finished.
  void drain() { node_->drain(); }
  bool quiet() const { return node_->quiet(); }
  /// Whatever is under way.
  void stop();
  /// Stops and lets go of the log, which may end then. Nothing but the destructor is called after.
  void close();
  /// Any thread.
  void add_metrics(std::vector<Sample>& out) const;

 private:
  ClusterHome(const Config& config, ClusterDoor door, Tell tell);

  const RingSizes sizes_;
  const Tell tell_;
  const std::string address_;
  std::optional<ClusterDoor> door_;  // until opened
  Topology topology_;
  std::unique_ptr<OwnerTable> owners_;
  std::unique_ptr<std::atomic<bool>[]> elsewhere_;
  std::vector<std::unique_ptr<Mailbox>> to_nodes_, from_nodes_;
  std::vector<std::unique_ptr<Handoff>> handoffs_;
  DigestMail digests_;
  std::unique_ptr<ClusterNode> node_;
  std::thread thread_;
};

}  // namespace spate
