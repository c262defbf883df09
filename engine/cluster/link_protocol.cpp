// Frames written and strictly read: lengths bounded before anything is kept, checksums, known kinds
// and values only.
#include "engine/cluster/link_protocol.hpp"

#include "engine/api/envelope.hpp"
#include "engine/cluster/frame_writer.hpp"

namespace spate {
namespace {

constexpr uint32_t offers_compare = 1;

template <class Root>
bool verifies(Bytes body) {
  flatbuffers::Verifier verifier(body.data(), body.size());
  return verifier.VerifyBuffer<Root>(nullptr);
}

}  // namespace

uint64_t topology_digest(const Topology& topology) {
  ByteBuffer text;
  WireWriter out(text);
  for (const DomainPlace& place : topology.domains())
    out.number(place.number).number(place.partitions).number(uint32_t(place.name.size())).bytes(
        as_bytes(place.name));
  return xxh3_64(text);
}

std::string mismatch(const LinkIdentity& ours, const LinkIdentity& theirs) {
  if (theirs.log != ours.log) return "it serves another log";
  if (theirs.incarnation != ours.incarnation) return "it serves another life of this log";
  if (theirs.topology != ours.topology) return "its domains or partition counts differ";
  return {};
}

void put_hello(const LinkIdentity& identity, ByteBuffer& out) {
  put_frame(FrameKind::hello, out, [&](WireWriter& w) {
    w.number(link_magic).number(link_version).number(uint32_t{0});
    w.number(identity.log.hi).number(identity.log.lo).number(identity.incarnation);
    w.number(identity.topology).bytes(as_bytes(identity.address));
  });
}

void put_welcome(uint32_t in_flight_max, ByteBuffer& out, bool compares) {
  put_frame(FrameKind::welcome, out, [&](WireWriter& w) {
    w.number(in_flight_max).number(compares ? offers_compare : 0);
  });
}

void put_refused(std::string_view why, ByteBuffer& out) {
  put_frame(FrameKind::refused, out,
            [&](WireWriter& w) { w.bytes(as_bytes(why.substr(0, hello_bytes_max))); });
}

void put_request(const RequestHead& head, Bytes body, ByteBuffer& out) {
  put_frame(FrameKind::request, out, [&](WireWriter& w) {
    w.number(head.ticket).number(head.id.hi).number(head.id.lo).number(head.partition);
    w.number(static_cast<uint8_t>(head.ask)).number(uint8_t{head.async}).number(uint16_t{0});
    w.bytes(body);
  });
}

void put_reply(const ReplyHead& head, Bytes body, ByteBuffer& out) {
  put_frame(FrameKind::reply, out, [&](WireWriter& w) {
    w.number(head.ticket).number(head.sequence.value).number(head.partition);
    w.number(static_cast<uint8_t>(head.answer)).number(uint8_t{head.replayed}).number(uint16_t{0});
    w.bytes(body);
  });
}

void put_ping(ByteBuffer& out) {
  put_frame(FrameKind::ping, out, [](WireWriter&) {});
}

Result<std::optional<Parsed>> parse_frame(Bytes input, std::size_t payload_bytes_max) {
  if (input.size() < frame_head_bytes) return std::optional<Parsed>();
  WireReader in(input);
  const auto bytes = in.number<uint32_t>();
  const auto crc = in.number<uint32_t>();
  const auto kind = in.number<uint8_t>();
  if (bytes > payload_bytes_max)
    return broken_link("a frame of " + std::to_string(bytes) + " bytes is longer than it may be");
  if (kind < static_cast<uint8_t>(FrameKind::hello) ||
      kind > static_cast<uint8_t>(FrameKind::compared))
    return broken_link("there is no frame of kind " + std::to_string(kind));
  for (std::size_t i = 9; i < frame_head_bytes; ++i)
    if (input[i] != 0) return broken_link("a frame's head has content where zeros belong");
  const std::size_t whole = frame_head_bytes + aligned_up(bytes, 8);
  if (input.size() < whole) return std::optional<Parsed>();
  const Frame frame{static_cast<FrameKind>(kind), input.subspan(frame_head_bytes, bytes)};
  if (frame_crc(bytes, frame.kind, frame.payload) != crc)
    return broken_link("the checksum of a frame does not fit");
  return std::optional<Parsed>({frame, whole});
}

Result<LinkIdentity> parse_hello(Bytes payload) {
  WireReader in(payload);
  if (in.number<uint64_t>() != link_magic) return broken_link("the other side speaks another protocol");
  const auto version = in.number<uint32_t>();
  if (version != link_version)
    return broken_link("it speaks version " + std::to_string(version) + " of the links, this node " +
                  std::to_string(link_version));
  in.number<uint32_t>();
  LinkIdentity identity;
  identity.log.hi = in.number<uint64_t>();
  identity.log.lo = in.number<uint64_t>();
  identity.incarnation = in.number<uint64_t>();
  identity.topology = in.number<uint64_t>();
  if (!in.ok()) return broken_link("a hello is too short");
  identity.address = as_text(in.rest());
  return identity;
}

Result<Welcome> parse_welcome(Bytes payload) {
  WireReader in(payload);
  const auto in_flight_max = in.number<uint32_t>();
  const auto offers = in.number<uint32_t>();
  if (payload.size() != 8 || in_flight_max == 0) return broken_link("a welcome without room");
  return Welcome{in_flight_max, (offers & offers_compare) != 0};
}

Result<Asked> parse_request(Bytes payload, const Topology& topology) {
  WireReader in(payload);
  Asked asked;
  RequestHead& head = asked.head;
  head.ticket = in.number<uint64_t>();
  head.id.hi = in.number<uint64_t>();
  head.id.lo = in.number<uint64_t>();
  head.partition = in.number<uint32_t>();
  const auto ask = in.number<uint8_t>();
  const auto async = in.number<uint8_t>();
  const auto zero = in.number<uint16_t>();
  if (!in.ok() || async > 1 || zero != 0 || ask > static_cast<uint8_t>(Ask::find))
    return broken_link("a request's head is malformed");
  if (head.ticket == 0 || head.partition >= topology.partitions().size())
    return broken_link("a request for a partition that does not exist");
  head.ask = static_cast<Ask>(ask);
  head.async = async == 1;
  asked.body = in.rest();
  if (head.ask == Ask::find) {
    if (!asked.body.empty()) return broken_link("a question with a body");
    return asked;
  }
  if (!verifies<envelope::Command>(asked.body)) return broken_link("a request's body is no command");
  const envelope::Command& command = command_of(asked.body);
  const PartitionId partition = topology.partitions()[head.partition];
  if (id_of(command.id()) != head.id) return broken_link("a command under another id than its own");
  for (const DomainPlace& place : topology.domains())
    if (place.number == partition.domain &&
        Topology::partition_for(place, text_of(command.stream())) != partition)
      return broken_link("a command for another partition than its stream's");
  return asked;
}

Result<Replied> parse_reply(Bytes payload, const Topology& topology) {
  WireReader in(payload);
  Replied replied;
  ReplyHead& head = replied.head;
  head.ticket = in.number<uint64_t>();
  head.sequence.value = in.number<uint64_t>();
  head.partition = in.number<uint32_t>();
  const auto answer = in.number<uint8_t>();
  const auto replayed = in.number<uint8_t>();
  const auto zero = in.number<uint16_t>();
  if (!in.ok() || replayed > 1 || zero != 0 || answer > static_cast<uint8_t>(Answer::maybe_taken) ||
      head.partition >= topology.partitions().size())
    return broken_link("a reply's head is malformed");
  head.answer = static_cast<Answer>(answer);
  head.replayed = replayed == 1;
  replied.body = in.rest();
  if (head.answer == Answer::duplicate) return broken_link("a reply without the outcome it speaks of");
  if (head.answer != Answer::outcome) {
    if (!replied.body.empty()) return broken_link("a reply with a body it should not have");
    return replied;
  }
  if (!verifies<envelope::Outcome>(replied.body)) return broken_link("a reply's body is no outcome");
  if (outcome_of(replied.body).sequence() != head.sequence.value)
    return broken_link("a reply with another outcome than it names");
  return replied;
}

}  // namespace spate
