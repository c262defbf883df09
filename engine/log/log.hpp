// Log: the port to the two append-only logs of a partition; outcomes are appended conditionally.
#pragma once
#include <optional>
#include <vector>

#include "engine/base/bell.hpp"
#include "engine/base/log_identity.hpp"
#include "engine/base/result.hpp"
#include "engine/base/topology.hpp"
#include "engine/log/record_batch.hpp"

namespace spate {

/// Where a partition's valid outcomes end.
struct Tail {
  Sequence sequence;       ///< of the last valid outcome; 0 = none
  Cause cause;             ///< highest cause among valid outcomes: resume = +1 (A2)
  Cause command;           ///< highest command in the command log
  Instant time;            ///< of the last outcome
  uint64_t chain = 0;      ///< over all outcomes up to `sequence` (C5)
};

struct Ownership {
  Epoch epoch;
  Tail tail;
};

enum class Taken : uint8_t { yes, full };

/// Who numbers and stamps commands: the partition's owner as it appends them (A1), or the log
/// itself. In the latter case the numbers and stamps given to `append_commands` mean nothing; the
/// owner learns them when it reads, where a command of its own has its ticket again, and what can
/// be read is durable.
enum class Numbering : uint8_t { owner, log };

/// How far a partition's appends have come. After conflict or unknown the partition must be
/// acquired again; nothing beyond `sequence` happened for anybody (A4).
struct Progress {
  enum class Fate : uint8_t { durable, conflict, unknown };
  Fate fate = Fate::durable;
  Cause cause;        ///< commands up to here are durable
  Sequence sequence;  ///< outcomes up to here are durable
  uint64_t asked = 0; ///< the newest `ask_end` that is answered
  Cause end;          ///< no command that was in the log at that question is beyond it
  /// Numbering::log: how many appended commands ended in an error so far. They may be in the log or
  /// not, now or later: nobody is told more than that.
  uint64_t commands_failed = 0;
};

/// Threads: `acquire`, appends, `poll` and reading of commands belong to the partition's owner
/// thread; reading of outcomes, and under Numbering::owner of durable commands, may be done by any
/// thread. No call blocks but a read from disk.
class Log {
 public:
  virtual ~Log() = default;

  virtual const LogIdentity& identity() const = 0;
  virtual const Topology& topology() const = 0;
  virtual Numbering numbering() const { return Numbering::owner; }

  /// Becomes the writer of the partition: raises its epoch and says where its outcomes end.
  /// Fault `retry`: not yet (records are still being read, or another is to own it); ask again
  /// after the bell. Its code is `owned_elsewhere` when another node will go on with it.
  virtual Result<Ownership> acquire(PartitionId partition) = 0;

  /// Where the valid outcomes end as far as they are known here, for whoever folds them without
  /// owning the partition; nothing while that is not known, or where nobody else can own it.
  virtual std::optional<Tail> tail(PartitionId) { return {}; }

  /// Adds commands whose numbers continue the partition's command log. Readable by the owner at
  /// once (Numbering::log: when the log has them), durable later. Full: nothing was taken; try
  /// again after the bell.
  virtual Taken append_commands(PartitionId partition, BatchPtr batch) = 0;

  /// Numbering::log: puts a command into a partition's log although another node owns it, or nobody
  /// does. `published` tells under the number returned what became of it; 0: no room now. These
  /// three belong to one thread; the bell is rung when there is something to tell, null: no more.
  virtual uint64_t publish(PartitionId, Bytes /*command*/) { return 0; }
  struct Published {
    uint64_t number = 0;
    bool is_durable = false;  ///< else it may be in the log nevertheless, now or later
  };
  virtual std::vector<Published> published() { return {}; }
  virtual void on_published(Bell*) {}

  /// Adds outcomes, the first of which has sequence `expected`. Their commands must have been
  /// appended before (A1): one group carries both, or an earlier one the commands.
  virtual Taken append_outcomes(PartitionId partition, Epoch epoch, Sequence expected,
                                BatchPtr batch) = 0;

  /// While true, commands are refused and appends may find the log full: the disk is (B5).
  virtual bool storage_full() const { return false; }

  /// Numbering::log: where does the command log end now? `poll` answers the number returned.
  virtual uint64_t ask_end(PartitionId) { return 0; }

  /// What has become durable since.
  virtual Progress poll(PartitionId partition) = 0;

  /// A batch that holds record `from` (or, for commands with gaps, the first after it), or null
  /// when there is none yet. The batch may begin before `from`: skip those. Outcomes: durable ones
  /// only, valid ones only. About `bytes_max` at most, but at least one record.
  virtual Result<BatchPtr> read(LogSide side, PartitionId partition, uint64_t from,
                                std::size_t bytes_max) = 0;

  /// The last outcome that can be read now; 0: none. It never steps back. Any thread.
  virtual Sequence outcomes_end(PartitionId partition) const = 0;

  /// Rung after durability moved: processors wait for it before they answer, projectors to fold.
  virtual void on_durable(PartitionId partition, Bell* bell) = 0;
};

}  // namespace spate
