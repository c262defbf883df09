// Frames between nodes: what is written is read again, and nothing else is.
#include "engine/cluster/link_protocol.hpp"

#include <gtest/gtest.h>

#include "engine/api/envelope.hpp"
#include "engine/cluster/wire.hpp"
#include "tests/support/log_records.hpp"
#include "tests/support/seeded_random.hpp"

namespace spate {
namespace {

constexpr std::size_t bytes_max = 1 << 16;

struct LinkProtocol : testing::Test {
  const Topology topology = log_topology({{"orders", 3}, {"redemptions", 5}});
  ByteBuffer wire;
  flatbuffers::FlatBufferBuilder builder;

  Bytes command(std::string_view stream) {
    CommandFields fields;
    fields.id = {1, 2};
    fields.type = 3;
    fields.stream = stream;
    fields.payload = as_bytes("12345678");
    return build_command(builder, fields);
  }
  RequestHead head_for(std::string_view stream) {
    RequestHead head;
    head.ticket = 77;
    head.id = {1, 2};
    head.partition = topology.dense_index(
        Topology::partition_for(*topology.find("redemptions"), stream));
    head.async = true;
    return head;
  }
  Bytes outcome(Sequence sequence) {
    builder.Clear();
    const auto reason = builder.CreateString("because");
    envelope::OutcomeBuilder o(builder);
    o.add_sequence(sequence.value);
    o.add_reason(reason);
    builder.Finish(o.Finish());
    return {builder.GetBufferPointer(), builder.GetSize()};
  }
  Frame frame() {
    const auto parsed = parse_frame(wire, bytes_max);
    EXPECT_TRUE(parsed.has_value() && parsed->has_value());
    EXPECT_EQ((*parsed)->bytes, wire.size());
    return (*parsed)->frame;
  }
  std::string fault(const Result<Asked>& r) { return r ? "taken" : r.error().detail; }
  std::string fault(const Result<Replied>& r) { return r ? "taken" : r.error().detail; }
  /// A reply as this node writes it, read as it reads one.
  std::string fault_of(const ReplyHead& head, Bytes body) {
    wire.clear();
    put_reply(head, body, wire);
    return fault(parse_reply(frame().payload, topology));
  }
  std::string fault_of(const RequestHead& head, Bytes body) {
    wire.clear();
    put_request(head, body, wire);
    return fault(parse_request(frame().payload, topology));
  }
};

TEST_F(LinkProtocol, CarriesRequestsAndReplies) {
  const RequestHead head = head_for("c-1");
  put_request(head, command("c-1"), wire);
  const auto asked = parse_request(frame().payload, topology);
  ASSERT_TRUE(asked.has_value()) << asked.error().detail;
  EXPECT_EQ(std::memcmp(&asked->head, &head, sizeof head), 0);
  EXPECT_EQ(text_of(command_of(asked->body).stream()), "c-1");
  EXPECT_EQ(reinterpret_cast<uintptr_t>(asked->body.data()) % 8, 0u);

  wire.clear();
  const ReplyHead reply{77, {9}, 4, Answer::outcome, true, 0};
  put_reply(reply, outcome({9}), wire);
  const auto replied = parse_reply(frame().payload, topology);
  ASSERT_TRUE(replied.has_value()) << replied.error().detail;
  EXPECT_EQ(std::memcmp(&replied->head, &reply, sizeof reply), 0);
  EXPECT_EQ(text_of(outcome_of(replied->body).reason()), "because");
}

TEST_F(LinkProtocol, CarriesHandshakes) {
  const LinkIdentity ours{{1, 2}, 3, topology_digest(topology), "node-1:9090"};
  put_hello(ours, wire);
  const auto theirs = parse_hello(frame().payload);
  ASSERT_TRUE(theirs.has_value());
  EXPECT_EQ(mismatch(ours, *theirs), "");
  EXPECT_EQ(theirs->address, "node-1:9090");
  wire.clear();
  put_welcome(12, wire);
  EXPECT_EQ(parse_welcome(frame().payload)->in_flight_max, 12u);
  EXPECT_FALSE(parse_welcome(frame().payload)->compares) << "as older nodes say";
  wire.clear();
  put_welcome(12, wire, true);
  EXPECT_EQ(parse_welcome(frame().payload)->in_flight_max, 12u);
  EXPECT_TRUE(parse_welcome(frame().payload)->compares);
}

TEST_F(LinkProtocol, NamesWhyANodeDoesNotBelong) {
  const LinkIdentity ours{{1, 2}, 3, topology_digest(topology), ""};
  LinkIdentity other = ours;
  other.log = {1, 3};
  EXPECT_EQ(mismatch(ours, other), "it serves another log");
  other = ours;
  other.incarnation = 4;
  EXPECT_EQ(mismatch(ours, other), "it serves another life of this log");
  other = ours;
  other.topology = topology_digest(log_topology({{"orders", 3}, {"redemptions", 6}}));
  EXPECT_EQ(mismatch(ours, other), "its domains or partition counts differ");
  put_hello(ours, wire);
  ByteBuffer changed;
  changed.append(frame().payload);
  changed.data()[8] = 2;
  EXPECT_FALSE(parse_hello(changed).has_value()) << "another version";
  changed.data()[0] = 0;
  EXPECT_FALSE(parse_hello(changed).has_value()) << "another protocol";
  EXPECT_FALSE(parse_hello(Bytes(changed).first(20)).has_value());
}

TEST_F(LinkProtocol, WaitsForTheRestOfAFrame) {
  put_request(head_for("c-1"), command("c-1"), wire);
  for (std::size_t n = 0; n < wire.size(); ++n) {
    const auto parsed = parse_frame(Bytes(wire).first(n), bytes_max);
    ASSERT_TRUE(parsed.has_value()) << n;
    EXPECT_FALSE(parsed->has_value()) << n;
  }
}

TEST_F(LinkProtocol, FindsEveryFlippedBit) {
  put_request(head_for("c-1"), command("c-1"), wire);
  const std::size_t padded = wire.size();
  ByteBuffer copy;
  for (std::size_t bit = 0; bit < padded * 8; ++bit) {
    copy.clear();
    copy.append(wire);
    copy.data()[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    const auto parsed = parse_frame(copy, bytes_max);
    if (!parsed || !*parsed) continue;  // refused, or waits for bytes that never come
    const auto bytes = (*parsed)->frame.payload.size() + frame_head_bytes;
    EXPECT_GE(bit / 8, bytes) << "bit " << bit << " is not of the padding";
  }
}

TEST_F(LinkProtocol, RefusesALengthBeforeAnythingIsKept) {
  put_request(head_for("c-1"), command("c-1"), wire);
  const auto parsed = parse_frame(Bytes(wire).first(frame_head_bytes), 16);
  ASSERT_FALSE(parsed.has_value());
  EXPECT_NE(parsed.error().detail.find("longer than it may be"), std::string::npos);
}

TEST_F(LinkProtocol, RefusesRequestsThatTheEngineWouldStumbleOver) {
  const RequestHead good = head_for("c-1");
  RequestHead head = good;
  EXPECT_EQ(fault_of(head, command("c-1")), "taken");
  head.partition = 8;
  EXPECT_EQ(fault_of(head, command("c-1")), "a request for a partition that does not exist");
  head = good;
  head.partition = good.partition == 3 ? 4 : 3;
  EXPECT_EQ(fault_of(head, command("c-1")), "a command for another partition than its stream's");
  head = good;
  head.id = {1, 3};
  EXPECT_EQ(fault_of(head, command("c-1")), "a command under another id than its own");
  EXPECT_EQ(fault_of(good, as_bytes("no flatbuffer, but long enough for one")),
            "a request's body is no command");
  EXPECT_EQ(fault_of(good, {}), "a request's body is no command");
  head = good;
  head.ask = Ask::find;
  EXPECT_EQ(fault_of(head, {}), "taken");
  EXPECT_EQ(fault_of(head, command("c-1")), "a question with a body");
  head.ask = static_cast<Ask>(2);
  EXPECT_EQ(fault_of(head, {}), "a request's head is malformed");
}

TEST_F(LinkProtocol, RefusesRepliesThatTheEdgeWouldStumbleOver) {
  EXPECT_EQ(fault_of(ReplyHead{1, {}, 0, Answer::not_ready}, {}), "taken");
  EXPECT_EQ(fault_of(ReplyHead{1, {9}, 0, Answer::outcome}, outcome({8})),
            "a reply with another outcome than it names");
  EXPECT_EQ(fault_of(ReplyHead{1, {9}, 0, Answer::outcome}, {}), "a reply's body is no outcome");
  EXPECT_EQ(fault_of(ReplyHead{1, {9}, 0, Answer::duplicate}, {}),
            "a reply without the outcome it speaks of");
  EXPECT_EQ(fault_of(ReplyHead{1, {}, 0, Answer::pending}, as_bytes("x")),
            "a reply with a body it should not have");
  EXPECT_EQ(fault_of(ReplyHead{1, {}, 8, Answer::pending}, {}), "a reply's head is malformed");
  EXPECT_EQ(fault_of(ReplyHead{1, {}, 0, static_cast<Answer>(10)}, {}),
            "a reply's head is malformed");
}

TEST_F(LinkProtocol, CarriesComparisonsOfDigests) {
  DigestQuestion question{4, DigestOf::views, {{{5}, 50, 7, 2, {1, 2}}, {{9}, 90, 7, 2, {3, 4}}}};
  put_compare(question, wire);
  EXPECT_EQ(frame().kind, FrameKind::compare);
  const auto asked = parse_compare(frame().payload, topology);
  ASSERT_TRUE(asked.has_value()) << asked.error().detail;
  EXPECT_EQ(asked->partition, 4u);
  EXPECT_EQ(asked->of, DigestOf::views);
  EXPECT_EQ(asked->points, question.points);

  DigestAnswer answer{4, DigestOf::views, 3, {8}, DigestPoint{{9}, 90, 7, 2, {5, 6}}};
  wire.clear();
  put_compared(answer, wire);
  EXPECT_EQ(frame().kind, FrameKind::compared);
  const auto heard = parse_compared(frame().payload, topology);
  ASSERT_TRUE(heard.has_value()) << heard.error().detail;
  EXPECT_EQ(heard->agreed, 3u);
  EXPECT_EQ(heard->agreed_at, Sequence{8});
  EXPECT_EQ(heard->difference, answer.difference);
  answer.difference.reset();
  wire.clear();
  put_compared(answer, wire);
  EXPECT_FALSE(parse_compared(frame().payload, topology)->difference.has_value());
}

TEST_F(LinkProtocol, RefusesComparisonsThatAreNone) {
  const auto fault_of_points = [&](const DigestQuestion& question) {
    wire.clear();
    put_compare(question, wire);
    const auto asked = parse_compare(frame().payload, topology);
    return asked ? "taken" : asked.error().detail;
  };
  const DigestPoint point{{5}, 50, 7, 2, {1, 2}};
  EXPECT_EQ(fault_of_points({4, DigestOf::rows, {point}}), "taken");
  EXPECT_EQ(fault_of_points({8, DigestOf::rows, {point}}), "a comparison's head is malformed");
  EXPECT_EQ(fault_of_points({4, static_cast<DigestOf>(2), {point}}),
            "a comparison's head is malformed");
  EXPECT_EQ(fault_of_points({4, DigestOf::rows, {point, point}}),
            "the points of a comparison are out of order");
  wire.clear();
  put_compare({4, DigestOf::rows, {point}}, wire);
  const Bytes whole = frame().payload;
  for (std::size_t n = 0; n < whole.size(); ++n)
    EXPECT_FALSE(parse_compare(whole.first(n), topology).has_value()) << n;
  ByteBuffer many;
  many.append(whole.first(24));
  for (uint64_t i = 1; i <= DigestQuestion::points_max + 1; ++i)
    WireWriter(many).number(i).number(uint64_t{50}).number(uint64_t{1}).number(uint64_t{2});
  EXPECT_FALSE(parse_compare(many, topology).has_value()) << "too many";

  wire.clear();
  put_compared({4, DigestOf::rows, 1, {5}, point}, wire);
  const Bytes answer = frame().payload;
  EXPECT_TRUE(parse_compared(answer, topology).has_value());
  for (std::size_t n = 0; n < answer.size(); ++n)
    EXPECT_FALSE(parse_compared(answer.first(n), topology).has_value()) << n;
}

TEST_F(LinkProtocol, SurvivesNoise) {
  SeededRandom random(1);
  for (int round = 0; round < 20'000; ++round) {
    wire.clear();
    const std::size_t size = random.below(200);
    for (std::size_t i = 0; i < size; ++i) *wire.grow(1) = static_cast<uint8_t>(random.next());
    (void)parse_frame(wire, bytes_max);
    (void)parse_request(wire, topology);
    (void)parse_reply(wire, topology);
    (void)parse_compare(wire, topology);
    (void)parse_compared(wire, topology);
    (void)parse_hello(wire);
  }
}

}  // namespace
}  // namespace spate
