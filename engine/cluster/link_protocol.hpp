// Link protocol: what two nodes say to each other over one connection, as bytes.
#pragma once
#include <optional>
#include <string>

#include "engine/base/hash.hpp"
#include "engine/base/result.hpp"
#include "engine/base/topology.hpp"
#include "engine/cluster/digest_mail.hpp"
#include "engine/processor/mailbox.hpp"

namespace spate {

//   link     := hello (welcome | refused) (request | reply | compare | compared | ping)*
//               the dialler says hello and asks; the other welcomes and answers; both ping
//   frame    := bytes:u32 crc:u32 kind:u8 zero:u8*7 payload pad        (all numbers little-endian)
//               bytes: of the payload; crc: CRC32C of bytes, kind and payload;
//               pad: zeros up to a multiple of 8
//   hello    := magic:u64 version:u32 zero:u32 log:u64*2 incarnation:u64 topology:u64 address:text
//   welcome  := in_flight_max:u32 offers:u32       bits: 1: compares; older nodes read and write 0
//   refused  := text                                                   why; the link ends with it
//   request  := ticket:u64 id:u64*2 partition:u32 ask:u8 async:u8 zero:u16 [envelope.Command]
//   reply    := ticket:u64 sequence:u64 partition:u32 answer:u8 replayed:u8 zero:u16
//               [envelope.Outcome]
//   ping     :=
//   compare  := partition:u32 of:u8 zero:u8*3 code point*               to who offers it alone
//   compared := partition:u32 of:u8 differs:u8 zero:u16 agreed:u32 zero:u32 agreed_at:u64 code
//               [point]                                                 where differs is 1
//   code     := schema_digest:u64 logic_version:u32 zero:u32
//   point    := sequence:u64 chain:u64 digest:u64*2                     sequences rise
// Anything else ends the link.
enum class FrameKind : uint8_t {
  hello = 1, welcome, refused, request, reply, ping, compare, compared
};

inline constexpr uint64_t link_magic = 0x4b4e4c4554415053;  // "SPATELNK"
inline constexpr uint32_t link_version = 1;
inline constexpr std::size_t frame_head_bytes = 16;
/// Before the handshake nobody may make us keep more.
inline constexpr std::size_t hello_bytes_max = 1024;

/// What both ends of a link must have in common, and who dials.
struct LinkIdentity {
  Hash128 log;
  uint64_t incarnation = 0;
  uint64_t topology = 0;  ///< topology_digest
  std::string address;    ///< where the dialler takes links itself; may be empty
};
uint64_t topology_digest(const Topology& topology);
/// Empty, or why a node with `theirs` is no node of this cluster.
std::string mismatch(const LinkIdentity& ours, const LinkIdentity& theirs);

struct Frame {
  FrameKind kind = FrameKind::ping;
  Bytes payload;  ///< 8-aligned when the input was
};

// Each appends one frame.
void put_hello(const LinkIdentity& identity, ByteBuffer& out);
void put_welcome(uint32_t in_flight_max, ByteBuffer& out, bool compares = false);
void put_refused(std::string_view why, ByteBuffer& out);
void put_request(const RequestHead& head, Bytes body, ByteBuffer& out);
void put_reply(const ReplyHead& head, Bytes body, ByteBuffer& out);
void put_ping(ByteBuffer& out);
/// Requires: points_max points at most, one at least.
void put_compare(const DigestQuestion& question, ByteBuffer& out);
void put_compared(const DigestAnswer& answer, ByteBuffer& out);

/// The frame at the front of `input` and the bytes it takes, or nothing when it is not whole yet.
/// Fault `link_protocol`: these bytes are no frame, or its payload exceeds `payload_bytes_max`.
struct Parsed {
  Frame frame;
  std::size_t bytes = 0;
};
Result<std::optional<Parsed>> parse_frame(Bytes input, std::size_t payload_bytes_max);

// Faults: `link_protocol`. Bodies are checked as far as the engine reads them: an envelope's own
// fields, the id and the stream's partition; the payload within is the sender's word.
struct Asked {
  RequestHead head;
  Bytes body;
};
struct Replied {
  ReplyHead head;
  Bytes body;
};
Result<LinkIdentity> parse_hello(Bytes payload);
struct Welcome {
  uint32_t in_flight_max = 0;
  bool compares = false;
};
Result<Welcome> parse_welcome(Bytes payload);
Result<Asked> parse_request(Bytes payload, const Topology& topology);
Result<Replied> parse_reply(Bytes payload, const Topology& topology);
Result<DigestQuestion> parse_compare(Bytes payload, const Topology& topology);
Result<DigestAnswer> parse_compared(Bytes payload, const Topology& topology);

}  // namespace spate
