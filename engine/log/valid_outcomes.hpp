// ValidOutcomes: which records of an outcome topic count; the same fold for owners and readers.
#pragma once
#include <algorithm>
#include <string>

#include "engine/log/log.hpp"

namespace spate::envelope {
enum class Kind : uint8_t;
struct Outcome;
}  // namespace spate::envelope

namespace spate {

/// Where a fold of an outcome topic stands: all that must be known to go on behind `next_offset`.
struct FoldedTopic {
  int64_t next_offset = 0;
  Epoch epoch;            ///< the highest of all ownership records
  Hash128 nonce;          ///< of the first ownership record with that epoch: its owner (G1)
  std::string address;    ///< as that record says: where other nodes reach the owner
  Tail tail;              ///< of the valid outcomes; `command` is not known here
  int64_t tail_offset = -1;  ///< of the last valid outcome
  Cause passed;           ///< all commands up to here are decided, also those that left no outcome
  bool voided = false;    ///< the rest of the epoch does not count: a sequence was left out (G2)

  /// Commands up to here need not be read again.
  Cause decided() const { return std::max(tail.cause, passed); }
};

/// Records go in by offset, one after another; each gets its verdict:
///   ownership, epoch above all before          → ownership: its nonce owns the epoch
///   ownership, epoch seen before               → ignored: too late, or of equal epoch and second
///   outcome of a lower epoch                   → ignored: a straggler of a fenced owner
///   outcome of the epoch, sequence ≤ tail      → ignored: a repetition
///   outcome of the epoch, sequence > tail + 1  → ignored, and so is the rest of the epoch
///   outcome of the epoch, sequence = tail + 1  → valid, if its chain is that of the tail (C5)
///   mark of the epoch behind the tail          → ignored, but `passed` is noted
///   other kinds ≥ 128                          → ignored (I2)
///   anything else                              → broken: the partition stops at this place
class ValidOutcomes {
 public:
  enum class Verdict : uint8_t { ignored, ownership, valid, broken };

  ValidOutcomes() = default;
  explicit ValidOutcomes(const FoldedTopic& from) : at_(from) {}

  Verdict feed(int64_t offset, Bytes value);
  /// The owner's own outcomes up to `last`, which lies at `offset`: known to be valid, not looked
  /// at again. Requires: they continue the tail, at offsets that continue `next_offset`.
  void take_own(int64_t offset, const RecordView& last);
  /// The owner's own mark, at `next_offset`.
  void take_own_mark(Cause passed);

  const FoldedTopic& at() const { return at_; }
  /// The value of the record just fed, 8-aligned; valid until the next.
  Bytes value() const { return value_; }
  /// Why it is broken.
  const std::string& reason() const { return reason_; }

 private:
  Verdict judge(Bytes value);
  void note_mark(const envelope::Outcome& mark);
  Verdict broken(std::string reason);

  FoldedTopic at_;
  Bytes value_;
  ByteBuffer aligned_;
  std::string reason_;
};

/// Commands that leave no outcome (duplicates), and marks of other systems' transactions, leave no
/// trace of having been met. When they are the last of a topic, and retention removes them, nobody
/// could tell them from commands that were lost (G5): so the owner says how far it came.
inline constexpr auto kind_of_marks = static_cast<envelope::Kind>(128);
ByteBuffer mark_record(Epoch epoch, const Tail& tail, Cause passed);

/// The epoch's claim as it is written to the outcome topic.
ByteBuffer ownership_record(Epoch epoch, const Hash128& nonce, std::string_view address);

}  // namespace spate
