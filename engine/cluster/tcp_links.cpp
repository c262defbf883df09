// The list of nodes that are asked and of those that ask.
#include "engine/cluster/tcp_links.hpp"

#include <boost/asio/post.hpp>

#include "engine/cluster/tcp_peer.hpp"

namespace spate {

using boost::system::error_code;

TcpLinks::TcpLinks(Parts parts)
    : parts_(std::move(parts)),
      random_(static_cast<uint32_t>(xxh3_64(as_bytes(parts_.identity.address)))) {}

TcpLinks::~TcpLinks() { close(); }

void TcpLinks::accept(Tcp::acceptor acceptor) {
  acceptor_ = std::make_unique<Tcp::acceptor>(std::move(acceptor));
  accept_next();
}

void TcpLinks::accept_next() {
  acceptor_->async_accept([this](const error_code& error, Tcp::socket socket) {
    if (closing_) return;
    on_accept(error, std::move(socket));
  });
}

void TcpLinks::on_accept(const error_code& error, Tcp::socket socket) {
  if (!error && incoming_.size() < parts_.limits.links_max) {
    const LinkId id = next_link_++;
    auto connection = std::make_shared<TcpConnection>(std::move(socket), parts_.limits, now_ms());
    auto link = std::make_unique<Incoming>(*this, id, connection);
    Incoming& added = *incoming_.emplace(id, std::move(link)).first->second;
    connection->start(added);
  }
  accept_next();
}

/// Later, as the link that ends is still at work.
void TcpLinks::remove(LinkId id) {
  const auto found = incoming_.find(id);
  if (found == incoming_.end()) return;
  found->second->connection->close_after_writing();
  std::shared_ptr<Incoming> ended(std::move(found->second));
  incoming_.erase(found);
  boost::asio::post(parts_.io, [ended] {});
}

void TcpLinks::tick() {
  const int64_t now = now_ms();
  for (const auto& peer : peers_) peer->tick(now);
  std::vector<Incoming*> all;  // ticks remove links
  for (const auto& [_, link] : incoming_) all.push_back(link.get());
  for (Incoming* link : all) {
    const bool late = !link->is_welcome && now - link->since_ms > parts_.limits.dial_ms_max;
    if (late) link->closed("did not say hello in time");
    else link->connection->tick(now);
  }
  if (parts_.digests != nullptr) send_digests();
}

/// Whoever is gone meanwhile asks again.
void TcpLinks::send_digests() {
  while (const auto letter = parts_.digests->questions_out.take())
    peers_[peer(letter->address)]->ask(letter->question);
  while (const auto letter = parts_.digests->answers_out.take()) {
    const auto found = incoming_.find(letter->link);
    if (found != incoming_.end()) put_compared(letter->answer, found->second->connection->out());
  }
}

void TcpLinks::close() {
  closing_ = true;
  error_code ignored;
  if (acceptor_) acceptor_->close(ignored);
  for (const auto& peer : peers_) peer->close();
  for (const auto& [_, link] : incoming_) link->connection->close();
}

void TcpLinks::cut() {
  for (const auto& peer : peers_)
    if (peer->connection) peer->fail("cut");
  std::vector<Incoming*> all;
  for (const auto& [_, link] : incoming_) all.push_back(link.get());
  for (Incoming* link : all) {
    link->connection->close();
    link->closed("cut");
  }
}

bool TcpLinks::is_flushed() const {
  for (const auto& [_, link] : incoming_)
    if (link->connection->unsent_bytes() > 0) return false;
  return true;
}

PeerId TcpLinks::peer(std::string_view address) {
  const auto known = peer_of_.find(std::string(address));
  if (known != peer_of_.end()) return known->second;
  const auto id = static_cast<PeerId>(peers_.size());
  peers_.push_back(std::make_unique<Peer>(*this, id, std::string(address)));
  peer_of_.emplace(address, id);
  return id;
}

Links::Sent TcpLinks::send(PeerId to, const RequestHead& head, Bytes body) {
  return peers_[to]->send(head, body);
}

bool TcpLinks::is_up(PeerId to) const { return peers_[to]->state == Peer::State::up; }

void TcpLinks::reply(LinkId to, const ReplyHead& head, Bytes body) {
  const auto found = incoming_.find(to);
  if (found == incoming_.end()) return;
  Incoming& link = *found->second;
  ENSURE(link.in_flight > 0);
  --link.in_flight;
  put_reply(head, body, link.connection->out());
}

void TcpLinks::flush() {
  for (const auto& peer : peers_)
    if (peer->connection) peer->connection->flush();
  for (const auto& [_, link] : incoming_) link->connection->flush();
}

}  // namespace spate
