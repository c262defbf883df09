// NodeKit: a whole node on threads of its own: engine, HTTP door, and links to other nodes.
#pragma once
#include <mutex>
#include <thread>

#include "engine/cluster/cluster_node.hpp"
#include "engine/cluster/owner_table.hpp"
#include "tests/system/http_kit.hpp"

namespace spate {

/// Nodes made from it serve one log in name only: each has a memory log of its own, so that what a
/// node decides can be told from what it sent on.
class NodeKit {
 public:
  explicit NodeKit(ClusterNode::Options options = {}, edge::EdgeLimits limits = {})
      : engine_(clock_), owners(engine_.log.topology().partitions().size()) {
    engine_.mailbox.processor_bell = &bell_;
    engine_.from_nodes.processor_bell = &bell_;
    engine_.group.hand_on(&handoff_, 1);
    server_ = edge::Server::open(engine_.context(clock_, limits), {"127.0.0.1", 0}).value();
    ForwarderParts parts;
    parts.edges = {&engine_.elsewhere};
    parts.processors = {&engine_.from_nodes};
    parts.handoffs = {&handoff_};
    parts.edge_mailbox = 1;
    parts.processor_of.assign(owners_count(), 0);
    parts.routes = &engine_.routes;
    parts.owners = &owners;
    parts.log = &engine_.log;
    parts.clock = &clock_;
    options.tell = [this](const std::string& what) {
      std::lock_guard lock(told_mutex_);
      told_ += what + "\n";
    };
    node = ClusterNode::open(ClusterDoor::open({}).value(), parts, options).value();
    threads_.emplace_back([this] { server_->run(0); });
    threads_.emplace_back([this] { node->run(); });
    threads_.emplace_back([this] {
      while (!stopping_)
        if (!engine_.step()) bell_.wait(20'000'000);
    });
  }
  ~NodeKit() { stop(); }

  void stop() {
    if (stopping_.exchange(true)) return;
    server_->stop();
    node->stop();
    bell_.ring();
    for (std::thread& thread : threads_) thread.join();
  }
  uint32_t owners_count() { return static_cast<uint32_t>(engine_.routes.count()); }
  uint16_t port() const { return server_->port(); }
  /// Domains, partitions and streams are those of every node.
  edge::EngineKit& engine() { return engine_; }
  std::string told() {
    std::lock_guard lock(told_mutex_);
    return told_;
  }

 private:
  SystemClock clock_;
  edge::EngineKit engine_;

 public:
  OwnerTable owners;
  std::unique_ptr<ClusterNode> node;

 private:
  ThreadBell bell_;
  Handoff handoff_{1 << 20};
  std::unique_ptr<edge::Server> server_;
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> threads_;
  std::mutex told_mutex_;
  std::string told_;
};

/// Node a owns the even partitions, node b the odd ones; both know.
inline void share_out(NodeKit& a, NodeKit& b) {
  for (uint32_t dense = 0; dense < a.owners_count(); ++dense) {
    const bool even = dense % 2 == 0;
    const Owner here{Owner::Where::here, {}};
    a.owners.set(dense, even ? here : Owner{Owner::Where::peer, b.node->address()});
    b.owners.set(dense, even ? Owner{Owner::Where::peer, a.node->address()} : here);
  }
}

}  // namespace spate
