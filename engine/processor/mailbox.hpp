// Mailbox: what an edge thread and a processor thread say to each other, over two bounded rings.
#pragma once
#include "engine/base/bell.hpp"
#include "engine/base/bytes.hpp"
#include "engine/base/ids.hpp"
#include "engine/base/spsc_ring.hpp"

namespace spate {

enum class Ask : uint8_t {
  submit,  ///< decide this command; the record body (envelope.Command) follows the head
  find,    ///< what became of the command `id`? No body
};

enum class Answer : uint8_t {
  outcome,        ///< decided and durable; the outcome (envelope.Outcome) follows the head
  duplicate,      ///< was decided before, durable; read outcome (partition, sequence) from the log
  pending,        ///< durable as a command, not decided (respond-async, or find while undecided)
  unknown,        ///< never seen (find only)
  overloaded,     ///< not taken: queues are full
  stream_parked,  ///< not taken: the stream's parked commands are at their limit
  storage_full,   ///< not taken: the disk is full
  not_ready,      ///< not taken: the partition is not owned or still recovering
  shutting_down,  ///< not taken
  maybe_taken,    ///< the partition was lost meanwhile: nobody here knows whether it was taken
};

struct RequestHead {
  uint64_t ticket = 0;     ///< chosen by the edge, returned in the reply
  CommandId id;
  uint32_t partition = 0;  ///< dense index in the topology
  Ask ask = Ask::submit;
  bool async = false;      ///< submit: answer `pending` as soon as the command record is durable
  uint16_t zero = 0;
};
static_assert(sizeof(RequestHead) == 32);

struct ReplyHead {
  uint64_t ticket = 0;
  Sequence sequence;
  uint32_t partition = 0;
  Answer answer = Answer::outcome;
  bool replayed = false;   ///< the id had been answered before
  uint16_t zero = 0;
};
static_assert(sizeof(ReplyHead) == 24);
/// A reply's body begins here, 8-aligned.
inline constexpr std::size_t reply_body_at = 24;

/// One for each pair of (edge thread, processor thread).
struct Mailbox {
  Mailbox(std::size_t request_bytes, std::size_t reply_bytes)
      : requests(request_bytes), replies(reply_bytes) {}
  SpscRing requests;               ///< edge → processor
  SpscRing replies;                ///< processor → edge; the edge always drains it
  Bell* processor_bell = nullptr;  ///< rung by the edge after a commit
  Bell* edge_bell = nullptr;       ///< rung by the processor after a commit
};

}  // namespace spate
