// Binding the address at which other nodes reach this one.
#include "engine/cluster/cluster_door.hpp"

#include <boost/asio/io_context.hpp>

namespace spate {
namespace {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;
using boost::system::error_code;

Result<Tcp::endpoint> endpoint_of(asio::io_context& io, const ClusterAddress& address) {
  error_code error;
  const auto literal = asio::ip::make_address(address.host, error);
  if (!error) return Tcp::endpoint(literal, address.port);
  Tcp::resolver resolver(io);
  const auto found = resolver.resolve(address.host, std::to_string(address.port), error);
  if (error || found.empty())
    return stop("address_invalid", "'" + address.host +
                                       "' is neither an address nor a known name; try "
                                       "cluster.listen 127.0.0.1:0");
  return found.begin()->endpoint();
}

Result<Tcp::acceptor> bound(asio::io_context& io, const Tcp::endpoint& at, bool insecure_dev) {
  const std::string where = at.address().to_string() + ":" + std::to_string(at.port());
  if (!insecure_dev && !at.address().is_loopback())
    return stop("address_not_loopback",
                where + " can be reached from outside and nodes do not authenticate each other "
                        "yet: let cluster.listen be 127.0.0.1, or give --insecure-dev to accept it");
  Tcp::acceptor acceptor(io);
  error_code error;
  acceptor.open(at.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(at, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (!error) return acceptor;
  if (error == asio::error::address_in_use)
    return stop("address_in_use", where + " is in use by another process; stop it or choose "
                                          "another port in cluster.listen");
  return stop("address_invalid", "cannot listen on " + where + ": " + error.message());
}

std::string text_of(const Tcp::endpoint& at) {
  const std::string host = at.address().to_string();
  return (at.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(at.port());
}

}  // namespace

struct ClusterDoor::Parts {
  asio::io_context io;
  Tcp::acceptor acceptor{io};
};

ClusterDoor::ClusterDoor(std::unique_ptr<Parts> parts, std::string address)
    : parts_(std::move(parts)), address_(std::move(address)) {}
ClusterDoor::ClusterDoor(ClusterDoor&&) noexcept = default;
ClusterDoor::~ClusterDoor() = default;

Result<ClusterDoor> ClusterDoor::open(const ClusterAddress& address, bool insecure_dev) {
  auto parts = std::make_unique<Parts>();
  TRY(const Tcp::endpoint wanted, endpoint_of(parts->io, address));
  TRY(parts->acceptor, bound(parts->io, wanted, insecure_dev));
  const Tcp::endpoint at = parts->acceptor.local_endpoint();
  std::string reached_at = address.advertised.empty() ? text_of(at) : address.advertised;
  if (reached_at.ends_with(":0"))
    reached_at.replace(reached_at.size() - 1, 1, std::to_string(at.port()));
  return ClusterDoor(std::move(parts), std::move(reached_at));
}

Result<Tcp::acceptor> ClusterDoor::move_to(asio::io_context& io) {
  error_code error;
  Tcp::acceptor moved(io);
  const auto protocol = parts_->acceptor.local_endpoint().protocol();
  moved.assign(protocol, parts_->acceptor.release(error), error);
  if (error) return stop("address_invalid", "cannot listen: " + error.message());
  return moved;
}

}  // namespace spate
