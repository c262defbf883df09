// Two nodes over loopback: whichever is asked, the owner decides, and nothing is lost with a link.
#include <gtest/gtest.h>

#include "engine/cluster/link_protocol.hpp"
#include "tests/engine/cluster/node_kit.hpp"

namespace spate {
namespace {

using edge::RawConnection;
using edge::request_text;

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string body_of(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }

std::string post(RawConnection& c, const std::string& path, const std::string& body,
                 const std::string& key = {}, const std::string& more = {}) {
  c.send(request_text("POST", path, body,
                      (key.empty() ? "" : "Idempotency-Key: " + key + "\r\n") + more));
  return c.answer();
}

TEST(ClusterNode, AnswersEveryCommandTheSameWhicheverNodeIsAsked) {
  NodeKit a, b;
  share_out(a, b);
  RawConnection to_a(a.port()), to_b(b.port());
  for (int i = 0; i < 8; ++i) {
    const std::string stream = "/v1/redemptions/c" + std::to_string(i);
    RawConnection& one = i % 2 == 0 ? to_a : to_b;
    RawConnection& other = i % 2 == 0 ? to_b : to_a;
    const std::string opened = post(one, stream + "/open", R"({"stock":1})", "k");
    EXPECT_TRUE(has(opened, "200 OK")) << opened;
    EXPECT_FALSE(has(opened, "Idempotent-Replayed"));
    const std::string again = post(other, stream + "/open", R"({"stock":1})", "k");
    EXPECT_EQ(body_of(again), body_of(opened));
    EXPECT_TRUE(has(again, "Idempotent-Replayed: true")) << again;
    EXPECT_TRUE(has(post(other, stream + "/open", R"({"stock":2})", "k"), "422 "));
    EXPECT_TRUE(has(post(other, stream + "/redeem", R"({"claimant":"ann"})"), R"("serial":1)"));
    EXPECT_TRUE(has(post(one, stream + "/redeem", R"({"claimant":"bob"})"), "sold_out"));
    EXPECT_TRUE(has(post(one, stream + "/redeem", R"({"claimant":""})"), "400 "));
    one.send(request_text("GET", stream + "/commands?key=k"));
    other.send(request_text("GET", stream + "/commands?key=k"));
    const std::string status = one.answer();
    EXPECT_TRUE(has(status, R"("outcome":"accepted")")) << status;
    EXPECT_EQ(body_of(other.answer()), body_of(status));
    one.send(request_text("GET", stream + "/commands?key=never"));
    EXPECT_EQ(one.status(), 404);
    const std::string late =
        post(other, stream + "/restock", R"({"quantity":3})", "r", "Prefer: respond-async\r\n");
    EXPECT_TRUE(has(late, "202 ")) << late;
  }
  EXPECT_GT(a.node->stats().served.get(), 0u);
  EXPECT_GT(b.node->stats().served.get(), 0u);
}

TEST(ClusterNode, DecidesTheLinesOfABatchWhereTheyBelong) {
  NodeKit a, b;
  share_out(a, b);
  RawConnection to_a(a.port());
  std::string lines;
  for (const char* command : {R"("open","body":{"stock":5})", R"("redeem","body":{"claimant":"x"})"})
    for (int i = 0; i < 20; ++i)
      lines += R"({"domain":"redemptions","stream":"s)" + std::to_string(i) +
               R"(","command":)" + command + "}\n";
  to_a.send("POST /v1/batch HTTP/1.1\r\nHost: here\r\nContent-Type: application/x-ndjson\r\n"
            "Content-Length: " + std::to_string(lines.size()) + "\r\n\r\n" + lines);
  const std::string answer = to_a.answer();
  std::size_t accepted = 0;
  for (std::size_t at = 0; (at = answer.find(R"("accepted")", at)) != std::string::npos; ++at)
    ++accepted;
  EXPECT_EQ(accepted, 40u) << answer;
}

TEST(ClusterNode, LosesAndDoublesNothingWhenLinksAreCut) {
  NodeKit a, b;
  share_out(a, b);
  constexpr int each = 300;
  {
    RawConnection c(a.port());
    for (int s = 0; s < 4; ++s)
      EXPECT_TRUE(has(post(c, "/v1/redemptions/s" + std::to_string(s) + "/open",
                           R"({"stock":100000})"), "200 OK"));
  }
  std::vector<std::thread> clients;
  std::atomic<int> accepted{0}, replayed{0};
  for (int n = 0; n < 2; ++n)
    clients.emplace_back([&, n] {
      RawConnection c(n == 0 ? a.port() : b.port());
      for (int i = 0; i < each; ++i) {
        c.send(request_text("POST", "/v1/redemptions/s" + std::to_string(i % 4) + "/redeem",
                            R"({"claimant":"p)" + std::to_string(n) + "-" + std::to_string(i) +
                                "\"}"));
        if (i % 10 == 5) (n == 0 ? a : b).node->cut_links();
        const std::string answer = c.answer();
        if (has(answer, "200 OK")) ++accepted;
        else ADD_FAILURE() << answer;
        if (has(answer, "Idempotent-Replayed")) ++replayed;
      }
    });
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(accepted, 2 * each);
  RawConnection to_a(a.port());
  uint64_t redeemed = 0;
  for (int s = 0; s < 4; ++s) {
    const std::string last =
        post(to_a, "/v1/redemptions/s" + std::to_string(s) + "/redeem", R"({"claimant":"last"})");
    redeemed += std::stoul(last.substr(last.find("\"serial\":") + 9)) - 1;
  }
  EXPECT_EQ(redeemed, 2u * each) << "serials are dense: each command took effect once";
  EXPECT_GT(a.node->stats().sent_again.get() + b.node->stats().sent_again.get(), 0u);
}

TEST(ClusterNode, AnswersOnceAnOwnerIsFoundForWhatWasAskedBefore) {
  NodeKit a, b;
  RawConnection c(a.port());
  c.send(request_text("POST", "/v1/redemptions/c/open", R"({"stock":1})"));
  share_out(a, b);
  EXPECT_EQ(c.status(), 200);
}

TEST(ClusterNode, SaysThatNothingWasTakenWhileNobodyOwnsThePartition) {
  ClusterNode::Options options;
  options.forwarder.give_up_ns = 50'000'000;
  NodeKit a(options);
  RawConnection c(a.port());
  const std::string answer = post(c, "/v1/redemptions/c/open", R"({"stock":1})");
  EXPECT_TRUE(has(answer, "503 ")) << answer;
  EXPECT_TRUE(has(answer, R"("code":"not_ready","taken":"no")")) << answer;
}

/// A node's door, spoken to by hand.
class FakeNode {
 public:
  FakeNode() : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    ::bind(fd_, reinterpret_cast<sockaddr*>(&at), size);
    ::listen(fd_, 8);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size);
    address = "127.0.0.1:" + std::to_string(ntohs(at.sin_port));
  }
  ~FakeNode() {
    ::close(fd_);
    if (link_ >= 0) ::close(link_);
  }
  /// Takes a link and welcomes it; from then on it says nothing.
  void welcome() {
    link_ = ::accept(fd_, nullptr, nullptr);
    ByteBuffer out;
    put_welcome(10, out);
    EXPECT_EQ(::send(link_, out.data(), out.size(), 0), static_cast<ssize_t>(out.size()));
  }
  /// What has come over the link so far, but for pings.
  std::vector<std::string> frames() {
    std::string bytes(1 << 16, 0);
    const ssize_t size = ::recv(link_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    ByteBuffer in;
    in.append(as_bytes(std::string_view(bytes).substr(0, std::max<ssize_t>(size, 0))));
    std::vector<std::string> found;
    for (Bytes rest = in;;) {
      const auto parsed = parse_frame(rest, 1 << 16);
      if (!parsed || !*parsed) return found;
      const FrameKind kind = (*parsed)->frame.kind;
      if (kind != FrameKind::ping)
        found.push_back(kind == FrameKind::hello ? "hello" : "another");
      rest = rest.subspan((*parsed)->bytes);
    }
  }
  std::string address;

 private:
  int fd_, link_ = -1;
};

TEST(ClusterNode, DoesNotWaitForANodeThatFellSilent) {
  FakeNode silent;
  ClusterNode::Options options;
  options.links.silence_ms_max = 100;
  options.links.dial_ms_max = 100;
  NodeKit a(options);
  for (uint32_t dense = 0; dense < a.owners_count(); ++dense)
    a.owners.set(dense, {Owner::Where::peer, silent.address});
  RawConnection c(a.port());
  c.send(request_text("POST", "/v1/redemptions/c/open", R"({"stock":1})"));
  silent.welcome();
  while (!has(a.told(), "nothing was heard of it"))
    std::this_thread::yield();
  for (uint32_t dense = 0; dense < a.owners_count(); ++dense)
    a.owners.set(dense, {Owner::Where::here, {}});
  EXPECT_EQ(c.status(), 200) << "it is sent again, here";
}

TEST(ClusterNode, CarriesQuestionsAboutDigestsAndTheirAnswers) {
  DigestMail mail_a, mail_b;
  ClusterNode::Options options_a, options_b;
  options_a.digests = &mail_a;
  options_b.digests = &mail_b;
  NodeKit a(options_a), b(options_b);
  const DigestPoint point{{5}, 50, 7, 2, {1, 2}};
  std::optional<DigestMail::FromNode> asked;
  while (!(asked = mail_b.questions_in.take())) {  // the first one only dials
    mail_a.questions_out.put({b.node->address(), {1, DigestOf::rows, {point}}});
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(asked->address, a.node->address());
  EXPECT_EQ(asked->question.points.front(), point);
  mail_b.answers_out.put({asked->link + 100, {1, DigestOf::rows, 7, {5}, {}}});  // it went
  mail_b.answers_out.put({asked->link, {1, DigestOf::rows, 1, {5}, {}}});
  std::optional<DigestMail::Answered> heard;
  while (!(heard = mail_a.answers_in.take())) std::this_thread::yield();
  EXPECT_EQ(heard->address, b.node->address());
  EXPECT_EQ(heard->answer.agreed, 1u);
}

/// It would end the link, and with it what is forwarded.
TEST(ClusterNode, AsksNoOlderNodeAboutDigestsAndSaysSoOnce) {
  FakeNode older;
  DigestMail mail;
  ClusterNode::Options options;
  options.digests = &mail;
  NodeKit a(options);
  std::thread welcomes([&] { older.welcome(); });
  for (int i = 0; !has(a.told(), "older version") || i < 20; ++i) {
    mail.questions_out.put({older.address, {0, DigestOf::rows, {{{5}, 50, 7, 2, {1, 2}}}}});
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  welcomes.join();
  const std::string told = a.told();
  EXPECT_EQ(told.find("older version"), told.rfind("older version")) << told;
  for (const std::string& frame : older.frames()) EXPECT_EQ(frame, "hello");
}

TEST(ClusterNode, RefusesWhoeverIsNoNodeOfThisCluster) {
  NodeKit a;
  const auto port =
      static_cast<uint16_t>(std::stoul(a.node->address().substr(a.node->address().rfind(':') + 1)));
  ByteBuffer hello;
  put_hello({{9, 9}, 1, 1, "stranger:1"}, hello);
  RawConnection stranger(port);
  stranger.send(as_text(hello));
  EXPECT_TRUE(has(stranger.rest(), "it serves another log"));
  EXPECT_TRUE(has(a.told(), "stranger:1 is no node of this cluster: it serves another log"));
  RawConnection garbage(port);
  garbage.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(garbage.ended());
}

TEST(ClusterDoor, BindsLoopbackOnlyAsNobodyIsAuthenticated) {
  const auto refused = ClusterDoor::open({"0.0.0.0", 0, ""});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, "address_not_loopback");
  EXPECT_TRUE(ClusterDoor::open({"0.0.0.0", 0, "here:0"}, true).has_value());
}

TEST(ClusterDoor, AdvertisesWhatIsAskedForWithThePortThatItGot) {
  EXPECT_TRUE(ClusterDoor::open({}).value().address().starts_with("127.0.0.1:"));
  EXPECT_EQ(ClusterDoor::open({"127.0.0.1", 0, "node-1:7070"}).value().address(), "node-1:7070");
  const std::string chosen = ClusterDoor::open({"127.0.0.1", 0, "node-1:0"}).value().address();
  EXPECT_TRUE(chosen.starts_with("node-1:"));
  EXPECT_FALSE(chosen.ends_with(":0")) << chosen;
}

}  // namespace
}  // namespace spate
