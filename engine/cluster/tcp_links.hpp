// TcpLinks: the connections to and from the other nodes.
#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <random>
#include <unordered_map>

#include "engine/base/clock.hpp"
#include "engine/cluster/digest_mail.hpp"
#include "engine/cluster/links.hpp"
#include "engine/cluster/tcp_connection.hpp"

namespace spate {

/// One connection to each node that is asked, and one from each that asks. All on the thread of the
/// io_context.
class TcpLinks final : public Links {
 public:
  using Tcp = boost::asio::ip::tcp;
  struct Parts {
    boost::asio::io_context& io;
    const Topology& topology;
    LinkIdentity identity;
    LinkLimits limits;
    const Clock& clock;
    std::function<void(const std::string&)> tell;  ///< what an operator must know
    std::function<void()> settled;                 ///< events have happened: step the forwarder
    DigestMail* digests = nullptr;                 ///< null: they are not compared here
  };
  explicit TcpLinks(Parts parts);
  ~TcpLinks() override;

  /// Before anything is sent or accepted.
  void serve(LinkEvents& events) { events_ = &events; }
  void accept(Tcp::acceptor acceptor);
  /// Heartbeats, time-outs, dialling, what is to be told about digests; every few milliseconds.
  void tick();
  /// Closes every connection; nothing is dialled or accepted any more.
  void close();
  /// Cuts every connection, as a network does.
  void cut();
  /// No byte waits to be sent.
  bool is_flushed() const;

  PeerId peer(std::string_view address) override;
  Sent send(PeerId to, const RequestHead& head, Bytes body) override;
  bool is_up(PeerId to) const override;
  void reply(LinkId to, const ReplyHead& head, Bytes body) override;
  void flush() override;

 private:
  struct Peer;
  struct Incoming;
  void accept_next();
  void on_accept(const boost::system::error_code& error, Tcp::socket socket);
  void remove(LinkId id);
  void send_digests();
  int64_t now_ms() const { return parts_.clock.monotonic_ns() / 1'000'000; }

  const Parts parts_;
  LinkEvents* events_ = nullptr;
  std::unique_ptr<Tcp::acceptor> acceptor_;
  std::vector<std::unique_ptr<Peer>> peers_;
  std::unordered_map<std::string, PeerId> peer_of_;
  std::unordered_map<LinkId, std::unique_ptr<Incoming>> incoming_;
  LinkId next_link_ = 1;
  std::minstd_rand random_;
  bool closing_ = false;
};

}  // namespace spate
