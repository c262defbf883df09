// TcpLinks::Peer and ::Incoming: the two ends of a link, one dials and asks, the other answers.
#pragma once
#include <boost/asio/connect.hpp>

#include "engine/cluster/tcp_links.hpp"

namespace spate {

/// A node that we ask: dialled when there is something to ask, and again after a while.
struct TcpLinks::Peer final : TcpConnection::Receiver {
  Peer(TcpLinks& l, PeerId i, std::string a)
      : links(l), id(i), address(std::move(a)), resolver(l.parts_.io) {}

  Sent send(const RequestHead& head, Bytes body);
  /// Dials, if there is no link; then, and where there is no room, the question is lost.
  void ask(const DigestQuestion& question);
  void tick(int64_t now_ms);
  void close();
  /// Rests a while before it is dialled again; what was asked and not answered is lost.
  void fail(const std::string& why);

  Result<void> received(const Frame& frame) override;
  void settled() override;
  void closed(const std::string& why) override;

  enum class State : uint8_t { resting, dialling, greeting, up };
  TcpLinks& links;
  const PeerId id;
  const std::string address;
  State state = State::resting;
  std::shared_ptr<TcpConnection> connection;
  uint32_t in_flight = 0, in_flight_max = 0;
  bool compares = false;     ///< it says what it has recorded when it is asked
  bool is_told_of = false;   ///< that it does not
  bool is_wanted = false;    ///< something could not be sent
  uint64_t dials = 0;        ///< tells an answer to this dialling from one to an earlier
  int64_t since_ms = 0;      ///< of dialling
  int64_t next_dial_ms = 0;
  int64_t back_off_ms = 0;
  std::string trouble;       ///< the last that was told
  Tcp::resolver resolver;

 private:
  bool has_room() const;
  void dial(int64_t now_ms);
  void connect(const Tcp::resolver::results_type& places);
  void greet(Tcp::socket socket);
};

/// A node that asks us.
struct TcpLinks::Incoming final : TcpConnection::Receiver {
  Incoming(TcpLinks& l, LinkId i, std::shared_ptr<TcpConnection> c)
      : links(l), id(i), connection(std::move(c)), since_ms(l.now_ms()) {}

  Result<void> received(const Frame& frame) override;
  void settled() override { links.parts_.settled(); }
  void closed(const std::string& why) override;

  TcpLinks& links;
  const LinkId id;
  const std::shared_ptr<TcpConnection> connection;
  const int64_t since_ms;
  bool is_welcome = false;
  uint32_t in_flight = 0;
  std::string address;  ///< as it says of itself
};

}  // namespace spate
