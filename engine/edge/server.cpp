// Listening sockets and the loops behind them.
#include "engine/edge/server.hpp"

#include <sys/socket.h>

#include "engine/edge/loop.hpp"

namespace spate::edge {
namespace {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;
using boost::system::error_code;

using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

Result<Tcp::endpoint> endpoint_of(asio::io_context& io, const ListenAddress& address) {
  error_code error;
  const auto literal = asio::ip::make_address(address.host, error);
  if (!error) return Tcp::endpoint(literal, address.port);
  Tcp::resolver resolver(io);
  const auto found = resolver.resolve(address.host, std::to_string(address.port), error);
  if (error || found.empty())
    return spate::stop("address_invalid", "'" + address.host +
                                              "' is neither an address nor a known name; "
                                              "try --listen 127.0.0.1:" +
                                              std::to_string(address.port));
  return found.begin()->endpoint();
}

Result<void> may_bind(const Tcp::endpoint& at, bool insecure_dev) {
  if (insecure_dev || at.address().is_loopback()) return {};
  return spate::stop("address_not_loopback",
                     at.address().to_string() +
                         " can be reached from outside and nobody is authenticated yet: listen on "
                         "127.0.0.1, or give --insecure-dev to accept it");
}

Result<Tcp::acceptor> bound(asio::io_context& io, const Tcp::endpoint& at, bool share) {
  Tcp::acceptor acceptor(io);
  error_code error;
  acceptor.open(at.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error && share) acceptor.set_option(ReusePort(true), error);
  if (!error) acceptor.bind(at, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (!error) return acceptor;
  const std::string where = at.address().to_string() + ":" + std::to_string(at.port());
  if (error == asio::error::address_in_use)
    return spate::stop("address_in_use", where +
                                             " is in use by another process; stop it or choose "
                                             "another port with --listen");
  return spate::stop("address_invalid", "cannot listen on " + where + ": " + error.message());
}

}  // namespace

struct Server::Parts {
  explicit Parts(EdgeContext c) : context(std::move(c)) {}
  EdgeContext context;
  std::atomic<std::size_t> places_taken{0};
  std::vector<std::unique_ptr<Loop>> loops;
  uint16_t port = 0;
};

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Server::~Server() = default;

Result<void> Server::check(const ListenAddress& address, bool insecure_dev) {
  asio::io_context io;
  TRY(const Tcp::endpoint at, endpoint_of(io, address));
  return may_bind(at, insecure_dev);
}

Result<std::unique_ptr<Server>> Server::open(EdgeContext context, const ListenAddress& address) {
  auto parts = std::make_unique<Parts>(std::move(context));
  const EdgeContext& c = parts->context;
  const std::size_t threads = c.mailboxes.size();
  ENSURE(threads > 0 && c.routes.count() == c.log.topology().partitions().size());
  for (std::size_t i = 0; i < threads; ++i)
    parts->loops.push_back(std::make_unique<Loop>(c, i, parts->places_taken));

  asio::io_context& io = parts->loops.front()->io();
  TRY(Tcp::endpoint at, endpoint_of(io, address));
  TRY(may_bind(at, c.insecure_dev));
  {
    // Alone first: with SO_REUSEPORT a second server would silently take half of the connections.
    TRY(Tcp::acceptor alone, bound(io, at, false));
    at.port(alone.local_endpoint().port());
    if (threads == 1) parts->loops.front()->listen(std::move(alone));
  }
  if (threads > 1)
    for (const auto& loop : parts->loops) {
      TRY(Tcp::acceptor acceptor, bound(loop->io(), at, true));
      loop->listen(std::move(acceptor));
    }
  parts->port = at.port();
  for (std::size_t i = 0; i < threads; ++i) {
    for (Mailbox* mailbox : c.mailboxes[i]) mailbox->edge_bell = parts->loops[i].get();
    c.views.on_advance(&parts->loops[i]->view_bell());
  }
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

uint16_t Server::port() const { return parts_->port; }
std::size_t Server::threads() const { return parts_->loops.size(); }
void Server::run(std::size_t thread) { parts_->loops[thread]->run(); }
void Server::leave() {
  for (const auto& loop : parts_->loops) loop->leave();
}
void Server::drain() {
  for (const auto& loop : parts_->loops) loop->drain();
}
bool Server::empty() const {
  for (const auto& loop : parts_->loops)
    if (loop->connections() > 0) return false;
  return true;
}
void Server::stop() {
  for (const auto& loop : parts_->loops) loop->stop();
}

}  // namespace spate::edge
