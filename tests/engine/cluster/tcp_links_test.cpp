// What one link may hold for a node that does not read: bounded, and nothing of it is lost.
#include "engine/cluster/tcp_links.hpp"

#include <gtest/gtest.h>

#include <boost/asio/write.hpp>

#include "engine/api/envelope.hpp"
#include "engine/base/clock.hpp"
#include "engine/cluster/link_protocol.hpp"
#include "tests/support/log_records.hpp"

namespace spate {
namespace {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;

constexpr std::size_t body_bytes = 16 << 10;
/// What the kernel's buffers on both sides of a loopback connection take, generously.
constexpr std::size_t kernel_bytes_max = 32 << 20;

/// Answers every request with a large body at once, and counts.
class Answering final : public LinkEvents {
 public:
  explicit Answering(TcpLinks& links) : links_(links) {}
  void replied(PeerId, const ReplyHead&, Bytes) override { ++replies; }
  void writable(PeerId) override { ++writables; }
  void lost(PeerId) override { ++losses; }
  void asked(LinkId from, const RequestHead& head, Bytes) override {
    ++requests;
    ReplyHead reply;
    reply.ticket = head.ticket;
    reply.partition = head.partition;
    reply.answer = Answer::not_ready;
    links_.reply(from, reply, answer_);
  }
  std::size_t requests = 0, replies = 0, writables = 0, losses = 0;

 private:
  TcpLinks& links_;
  const std::string text_ = std::string(body_bytes, 'x');
  const Bytes answer_ = as_bytes(text_);
};

struct TcpLinksTest : testing::Test {
  asio::io_context io;
  SystemClock clock;
  const Topology topology = log_topology({{"redemptions", 1}});
  const LinkIdentity identity{{1, 2}, 3, topology_digest(topology), "127.0.0.1:1"};
  LinkLimits limits = [] {
    LinkLimits l;
    l.unsent_bytes_max = 256 << 10;
    l.in_flight_max = 1'000'000;
    return l;
  }();
  TcpLinks links{{io, topology, identity, limits, clock, {}, [this] { links.flush(); }}};
  Answering events{links};
  Tcp::acceptor acceptor{io, {asio::ip::address_v4::loopback(), 0}};
  Tcp::socket other{io};  // the far end, spoken to by hand
  ByteBuffer read_bytes;

  TcpLinksTest() { links.serve(events); }
  ~TcpLinksTest() override { links.close(); }

  RequestHead head() const {
    RequestHead head;
    head.ticket = 1;
    head.ask = Ask::find;
    return head;
  }
  /// Lets the links work until they have nothing to do just now.
  void run() {
    do links.flush();
    while (io.poll() > 0);
  }
  /// What the far end gets of the next read; 0: nothing came.
  std::size_t read_some() {
    boost::system::error_code error;
    other.non_blocking(true);
    constexpr std::size_t most = 1 << 20;
    const std::size_t bytes = other.read_some(asio::buffer(read_bytes.grow(most), most), error);
    read_bytes.resize_down(read_bytes.size() - (most - bytes));
    return bytes;
  }
  /// Whole frames of a kind that the far end has read; what it read is forgotten.
  std::size_t take_frames(FrameKind kind) {
    std::size_t count = 0, at = 0;
    while (true) {
      const auto parsed = parse_frame({read_bytes.data() + at, read_bytes.size() - at}, 1 << 20);
      if (!parsed || !*parsed) break;
      count += (*parsed)->frame.kind == kind;
      at += (*parsed)->bytes;
    }
    std::memmove(read_bytes.data(), read_bytes.data() + at, read_bytes.size() - at);
    read_bytes.resize_down(read_bytes.size() - at);
    return count;
  }
};

TEST_F(TcpLinksTest, TakeNothingMoreForANodeThatDoesNotReadAndGoOnWhenItDoes) {
  const PeerId peer =
      links.peer("127.0.0.1:" + std::to_string(acceptor.local_endpoint().port()));
  const std::string text(body_bytes, 'x');
  EXPECT_EQ(links.send(peer, head(), as_bytes(text)), Links::Sent::not_now) << "it is dialled";
  acceptor.async_accept(other, [](const auto&) {});
  while (!other.is_open()) io.run_one();
  ByteBuffer welcome;
  put_welcome(1'000'000, welcome);
  asio::write(other, asio::buffer(welcome.data(), welcome.size()));
  while (events.writables == 0) io.run_one();

  std::size_t sent = 0;
  while (sent * body_bytes < 2 * kernel_bytes_max &&
         links.send(peer, head(), as_bytes(text)) == Links::Sent::yes) {
    ++sent;
    run();
  }
  EXPECT_LT(sent * body_bytes, kernel_bytes_max + limits.unsent_bytes_max);
  EXPECT_GT(sent * body_bytes, limits.unsent_bytes_max);

  const std::size_t before = events.writables;
  std::size_t came = 0;
  while (came < sent) {
    while (read_some() > 0) came += take_frames(FrameKind::request);
    run();
  }
  EXPECT_EQ(came, sent);
  EXPECT_GT(events.writables, before) << "who was told not now is told when";
  EXPECT_EQ(links.send(peer, head(), as_bytes(text)), Links::Sent::yes);
  EXPECT_EQ(events.losses, 0u);
}

TEST_F(TcpLinksTest, ReadNothingMoreOfANodeThatDoesNotReadItsAnswersAndOweItAllOfThem) {
  const auto port = acceptor.local_endpoint().port();
  links.accept(std::move(acceptor));
  other.connect({asio::ip::address_v4::loopback(), port});
  ByteBuffer out;
  put_hello(identity, out);
  asio::write(other, asio::buffer(out.data(), out.size()));
  out.clear();
  constexpr std::size_t count = 4'200;
  ASSERT_GT(count * body_bytes, 2 * (kernel_bytes_max + limits.unsent_bytes_max));
  for (std::size_t i = 0; i < count; ++i) put_request(head(), {}, out);

  other.non_blocking(true);
  boost::system::error_code error;
  std::size_t written = 0, idle = 0;
  while (idle < 100) {  // nothing moves any more
    const std::size_t before = written + events.requests;
    if (written < out.size())
      written += other.write_some(asio::buffer(out.data() + written, out.size() - written), error);
    run();
    idle = written + events.requests == before ? idle + 1 : 0;
  }
  EXPECT_LT(events.requests * body_bytes, kernel_bytes_max + 2 * limits.unsent_bytes_max);
  EXPECT_GT(events.requests, 0u);

  std::size_t answers = 0;
  while (answers < count) {
    if (written < out.size())
      written += other.write_some(asio::buffer(out.data() + written, out.size() - written), error);
    run();
    while (read_some() > 0) answers += take_frames(FrameKind::reply);
  }
  EXPECT_EQ(events.requests, count);
  EXPECT_EQ(answers, count);
}

}  // namespace
}  // namespace spate
