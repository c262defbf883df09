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

LinkIdentity identity_of(const Log& log, const std::string& address) {
  const LogIdentity& id = log.identity();
  return {id.id, id.incarnation, topology_digest(log.topology()), address};
}

}  // namespace

struct ClusterNode::Parts final : Bell {
  Parts(ForwarderParts p, const Options& options, const std::string& own_address)
      : address(own_address),
        owners(*p.owners),
        log(*p.log),
        links({io, p.log->topology(), identity_of(*p.log, address), options.links, *p.clock,
               options.tell, [this] { step(); }, options.digests}),
        forwarder(with_links(std::move(p)), options.forwarder) {
    links.serve(forwarder);
    log.on_published(this);
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
  Log& log;
  asio::io_context io{1};
  asio::steady_timer ticker{io};
  TcpLinks links;
  Forwarder forwarder;
  std::atomic<bool> rung{false}, is_quiet{true};
  bool stepping = false, is_busy = false;
};

ClusterNode::ClusterNode(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

ClusterNode::~ClusterNode() {
  parts_->owners.on_change(nullptr);
  parts_->log.on_published(nullptr);
}

Result<std::unique_ptr<ClusterNode>> ClusterNode::open(ClusterDoor door, ForwarderParts parts,
                                                       Options options) {
  auto made = std::make_unique<Parts>(std::move(parts), options, door.address());
  TRY(Tcp::acceptor acceptor, door.move_to(made->io));
  made->links.accept(std::move(acceptor));
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
