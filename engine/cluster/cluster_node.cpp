// The loop of the cluster thread: bells, links and a clock step the forwarder.
#include "engine/cluster/cluster_node.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "engine/cluster/tcp_links.hpp"

namespace spate {
namespace {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;
using boost::system::error_code;
constexpr auto busy_tick = std::chrono::milliseconds(2);    // requests wait for their next try
constexpr auto idle_tick = std::chrono::milliseconds(50);   // heartbeats

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

LinkIdentity identity_of(const Log& log, const std::string& address) {
  const LogIdentity& id = log.identity();
  return {id.id, id.incarnation, topology_digest(log.topology()), address};
}

}  // namespace

struct ClusterNode::Parts final : Bell {
  Parts(ForwarderParts p, const Options& options, const std::string& own_address)
      : address(own_address),
        owners(*p.owners),
        links({io, p.log->topology(), identity_of(*p.log, address), options.links, *p.clock,
               options.tell, [this] { step(); }}),
        forwarder(with_links(std::move(p)), options.forwarder) {
    links.serve(forwarder);
  }
  ForwarderParts with_links(ForwarderParts p) {
    p.links = &links;
    for (Mailbox* edge : p.edges) edge->processor_bell = this;
    for (Mailbox* processor : p.processors) processor->edge_bell = this;
    for (Handoff* handoff : p.handoffs) handoff->bell = this;
    return p;
  }
  void ring() override {
    if (!rung.exchange(true))
      asio::post(io, [this] {
        rung.exchange(false);  // before looking: what is committed later rings again
        step();
      });
  }
  void step() {
    if (stepping) return;  // a link that fails while it is flushed
    stepping = true;
    while (forwarder.step() == Step::worked) {
    }
    stepping = false;
    is_quiet.store(forwarder.quiet() && links.is_flushed());
    if (!forwarder.wants_step() || is_busy) return;
    is_busy = true;
    start_tick();
  }
  void start_tick() {
    ticker.expires_after(is_busy ? busy_tick : idle_tick);  // an earlier wait is cancelled
    ticker.async_wait([this](const error_code& error) {
      if (error) return;
      links.tick();
      is_busy = false;
      step();
      if (!is_busy) start_tick();
    });
  }

  const std::string address;
  OwnerDirectory& owners;
  asio::io_context io{1};
  asio::steady_timer ticker{io};
  TcpLinks links;
  Forwarder forwarder;
  std::atomic<bool> rung{false}, is_quiet{true};
  bool stepping = false, is_busy = false;
};

ClusterNode::ClusterNode(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

ClusterNode::~ClusterNode() { parts_->owners.on_change(nullptr); }

Result<std::unique_ptr<ClusterNode>> ClusterNode::open(const ClusterAddress& address,
                                                       ForwarderParts parts, Options options) {
  asio::io_context first;  // the address is known before the parts that speak of it are made
  TRY(const Tcp::endpoint wanted, endpoint_of(first, address));
  TRY(Tcp::acceptor acceptor, bound(first, wanted, options.insecure_dev));
  const Tcp::endpoint at = acceptor.local_endpoint();
  const std::string reached_at = address.advertised.empty() ? text_of(at) : address.advertised;
  auto made = std::make_unique<Parts>(std::move(parts), options, reached_at);
  error_code error;
  Tcp::acceptor moved(made->io);
  moved.assign(at.protocol(), acceptor.release(error), error);
  if (error) return spate::stop("address_invalid", "cannot listen: " + error.message());
  made->links.accept(std::move(moved));
  made->owners.on_change(made.get());
  return std::unique_ptr<ClusterNode>(new ClusterNode(std::move(made)));
}

const std::string& ClusterNode::address() const { return parts_->address; }
const ForwarderStats& ClusterNode::stats() const { return parts_->forwarder.stats(); }

void ClusterNode::run() {
  parts_->start_tick();
  parts_->ring();
  parts_->io.run();
}

void ClusterNode::drain() {
  asio::post(parts_->io, [this] {
    parts_->forwarder.drain();
    parts_->step();
  });
}

bool ClusterNode::quiet() const { return parts_->is_quiet.load(); }

void ClusterNode::stop() {
  asio::post(parts_->io, [this] {
    parts_->links.close();
    parts_->io.stop();
  });
}

void ClusterNode::cut_links() {
  asio::post(parts_->io, [this] {
    parts_->links.cut();
    parts_->step();
  });
}

}  // namespace spate
