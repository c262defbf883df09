// ClusterDoor: the address at which other nodes reach this one, bound before anybody is told of it.
#pragma once
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>

#include "engine/base/result.hpp"

namespace spate {

struct ClusterAddress {
  std::string host = "127.0.0.1";
  uint16_t port = 0;       ///< 0 takes a free one
  std::string advertised;  ///< HOST:PORT at which others reach it, port 0: as bound; empty: all
                           ///< of it as bound
};

/// Whoever dials it before a ClusterNode has taken it over waits.
class ClusterDoor {
 public:
  /// Without `insecure_dev` only loopback may be bound: nobody is authenticated. Faults:
  /// `address_invalid`, `address_in_use`, `address_not_loopback`.
  static Result<ClusterDoor> open(const ClusterAddress& address, bool insecure_dev = false);
  ClusterDoor(ClusterDoor&&) noexcept;
  ~ClusterDoor();

  /// Where other nodes reach it: what ownership records name.
  const std::string& address() const { return address_; }
  /// Once. The listener, for the loop that accepts.
  Result<boost::asio::ip::tcp::acceptor> move_to(boost::asio::io_context& io);

 private:
  struct Parts;
  ClusterDoor(std::unique_ptr<Parts> parts, std::string address);
  std::unique_ptr<Parts> parts_;
  std::string address_;
};

}  // namespace spate
