// Dialling, handshakes, and what either end takes from the other.
#include "engine/cluster/tcp_peer.hpp"

#include <algorithm>

namespace spate {
namespace {
namespace asio = boost::asio;
using boost::system::error_code;
}  // namespace

bool TcpLinks::Peer::has_room() const {
  return state == State::up && in_flight < in_flight_max &&
         connection->unsent_bytes() < links.parts_.limits.unsent_bytes_max;
}

Links::Sent TcpLinks::Peer::send(const RequestHead& head, Bytes body) {
  is_wanted = true;
  if (!has_room()) {
    const int64_t now = links.now_ms();
    if (state == State::resting && now >= next_dial_ms) dial(now);
    return Sent::not_now;
  }
  put_request(head, body, connection->out());
  ++in_flight;
  is_wanted = false;
  return Sent::yes;
}

void TcpLinks::Peer::ask(const DigestQuestion& question) {
  const int64_t now = links.now_ms();
  if (state == State::resting && now >= next_dial_ms) dial(now);
  if (!has_room()) return;
  if (compares) return put_compare(question, connection->out());
  if (!std::exchange(is_told_of, true) && links.parts_.tell)
    links.parts_.tell("node " + address + " is of an older version and tells no digests: what it "
                      "folds is not compared with what is folded here");
}

void TcpLinks::Peer::dial(int64_t now_ms) {
  if (links.closing_) return;
  state = State::dialling;
  since_ms = now_ms;
  const std::size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const std::string port = colon == std::string::npos ? "" : address.substr(colon + 1);
  resolver.async_resolve(
      host, port, [this, dialled = ++dials](const error_code& error, const auto& places) {
        if (dialled != dials || links.closing_) return;
        if (error) return fail("cannot be found: " + error.message());
        connect(places);
      });
}

void TcpLinks::Peer::connect(const Tcp::resolver::results_type& places) {
  auto socket = std::make_shared<Tcp::socket>(links.parts_.io);
  asio::async_connect(*socket, places,
                      [this, socket, dialled = dials](const error_code& error, const auto&) {
                        if (dialled != dials || links.closing_) return;
                        if (error) return fail("does not answer: " + error.message());
                        greet(std::move(*socket));
                      });
}

void TcpLinks::Peer::greet(Tcp::socket socket) {
  state = State::greeting;
  connection =
      std::make_shared<TcpConnection>(std::move(socket), links.parts_.limits, links.now_ms());
  put_hello(links.parts_.identity, connection->out());
  connection->start(*this);
  connection->flush();
}

void TcpLinks::Peer::tick(int64_t now_ms) {
  if (state == State::resting && is_wanted && now_ms >= next_dial_ms) return dial(now_ms);
  const bool late = now_ms - since_ms > links.parts_.limits.dial_ms_max;
  if ((state == State::dialling || state == State::greeting) && late)
    return fail("does not answer in time");
  if (connection) connection->tick(now_ms);
}

void TcpLinks::Peer::close() {
  ++dials;
  resolver.cancel();
  if (connection) connection->close();
  connection.reset();
  state = State::resting;
}

void TcpLinks::Peer::fail(const std::string& why) {
  const LinkLimits& limits = links.parts_.limits;
  const bool was_up = state == State::up;
  close();
  back_off_ms = was_up ? 0 : std::min(std::max(2 * back_off_ms, limits.redial_ms_min),
                                      limits.redial_ms_max);
  next_dial_ms = links.now_ms() + back_off_ms / 2 +
                 (back_off_ms == 0 ? 0 : static_cast<int64_t>(links.random_()) % back_off_ms);
  if (trouble != why && links.parts_.tell) links.parts_.tell("node " + address + ": " + why);
  trouble = why;
  in_flight = 0;
  if (!was_up) return;
  is_wanted = true;
  links.events_->lost(id);
  links.parts_.settled();
}

Result<void> TcpLinks::Peer::received(const Frame& frame) {
  if (state == State::greeting && frame.kind == FrameKind::welcome) {
    TRY(const Welcome theirs, parse_welcome(frame.payload));
    in_flight_max = std::min(theirs.in_flight_max, links.parts_.limits.in_flight_max);
    compares = theirs.compares;
    if (compares) is_told_of = false;
    state = State::up;
    back_off_ms = 0;
    trouble.clear();
    connection->allow_large_frames();
    links.events_->writable(id);
    return {};
  }
  if (state == State::greeting && frame.kind == FrameKind::refused)
    return retry("link_refused", "refuses us: " + std::string(as_text(frame.payload)));
  DigestMail* const digests = links.parts_.digests;
  if (state == State::up && frame.kind == FrameKind::compared && digests != nullptr) {
    TRY(DigestAnswer answer, parse_compared(frame.payload, links.parts_.topology));
    digests->answers_in.put({address, std::move(answer)});
    return {};
  }
  if (state != State::up || frame.kind != FrameKind::reply || in_flight == 0)
    return retry("link_protocol", "sent what does not belong here");
  TRY(const Replied replied, parse_reply(frame.payload, links.parts_.topology));
  --in_flight;
  links.events_->replied(id, replied.head, replied.body);
  return {};
}

void TcpLinks::Peer::settled() {
  if (is_wanted && has_room()) links.events_->writable(id);
  links.parts_.settled();
}

void TcpLinks::Peer::closed(const std::string& why) { fail(why); }

Result<void> TcpLinks::Incoming::received(const Frame& frame) {
  const Parts& parts = links.parts_;
  if (!is_welcome) {
    if (frame.kind != FrameKind::hello) return retry("link_protocol", "did not say hello");
    TRY(const LinkIdentity theirs, parse_hello(frame.payload));
    const std::string why = mismatch(parts.identity, theirs);
    if (!why.empty()) {
      put_refused(why, connection->out());
      connection->close_after_writing();
      closed(theirs.address + " is no node of this cluster: " + why);
      return {};
    }
    is_welcome = true;
    address = theirs.address;
    connection->allow_large_frames();
    put_welcome(parts.limits.in_flight_max, connection->out(), parts.digests != nullptr);
    connection->flush();
    return {};
  }
  if (frame.kind == FrameKind::compare && parts.digests != nullptr) {
    TRY(DigestQuestion question, parse_compare(frame.payload, parts.topology));
    parts.digests->questions_in.put({id, address, std::move(question)});
    return {};
  }
  if (frame.kind != FrameKind::request || in_flight >= parts.limits.in_flight_max)
    return retry("link_protocol", "sent what does not belong here");
  TRY(const Asked asked, parse_request(frame.payload, parts.topology));
  ++in_flight;
  links.events_->asked(id, asked.head, asked.body);
  return {};
}

void TcpLinks::Incoming::closed(const std::string& why) {
  if (links.parts_.tell)
    links.parts_.tell("link from " + (address.empty() ? connection->remote() : address) +
                      " ended: " + why);
  links.remove(id);
}

}  // namespace spate
