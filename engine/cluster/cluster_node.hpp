// ClusterNode: this node among the others: its links, the forwarder behind them, and their loop.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "engine/base/result.hpp"
#include "engine/cluster/cluster_door.hpp"
#include "engine/cluster/digest_mail.hpp"
#include "engine/cluster/forwarder.hpp"
#include "engine/cluster/link_limits.hpp"

namespace spate {

/// Life: open, run on one thread, drain, stop. `parts.links` is set by it, and the bells by which
/// edges, processors and the directory of owners wake it.
class ClusterNode {
 public:
  struct Options {
    ForwarderLimits forwarder;
    LinkLimits links;
    std::function<void(const std::string&)> tell;  ///< what an operator must know; its own thread
    DigestMail* digests = nullptr;                 ///< outlives the node; null: none are compared
  };
  /// Faults: `address_invalid`.
  static Result<std::unique_ptr<ClusterNode>> open(ClusterDoor door, ForwarderParts parts,
                                                   Options options);
  ~ClusterNode();

  /// Where other nodes reach it: what its ownership records name.
  const std::string& address() const;
  /// Returns after `stop`.
  void run();
  /// Any thread. Other nodes are told to ask elsewhere; what our edges asked is finished.
  void drain();
  /// Any thread. Nothing is under way, and every answer has left.
  bool quiet() const;
  /// Any thread. `run` returns soon, whatever is under way.
  void stop();
  /// Any thread. Cuts every link, as a network does; they are dialled again.
  void cut_links();
  const ForwarderStats& stats() const;

 private:
  struct Parts;
  explicit ClusterNode(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace spate
