// MoveToKafka: an embedded log moves into topics: copied, verified, cut over at a fence.
#pragma once
#include <functional>

#include "engine/log/kafka_identity.hpp"
#include "engine/log/move_copier.hpp"
#include "engine/log/move_mark.hpp"

namespace spate {

/// What a cluster says of the log in its topics, and writing it; durable when a call returns.
class MoveNotes {
 public:
  virtual ~MoveNotes() = default;
  virtual Result<std::optional<KafkaIdentity>> read() = 0;
  virtual Result<KafkaMove> read_move() = 0;
  virtual Result<void> write_identity(const KafkaIdentity& identity) = 0;
  virtual Result<void> write_move(const KafkaMove& move) = 0;
};

struct MoveProgress {
  enum class Step : uint8_t { surveying, copying, verifying, digesting, cutting_over };
  Step step = Step::surveying;
  uint64_t records = 0, of = 0, bytes = 0;
};

struct MoveReport {
  bool was_done = false;     ///< an earlier run had finished
  uint64_t commands = 0;     ///< up to the last that was decided
  uint64_t outcomes = 0;
  uint64_t claims = 0;       ///< epochs, each with its record
  uint64_t sent = 0;         ///< by this run; the rest was there already
  Hash128 records_hash;      ///< of all records, as read again from the other side
};

/// All of it outlives the move.
struct MoveToKafkaParts {
  Log* source = nullptr;         ///< of a directory that is locked and recovered
  Storage* directory = nullptr;  ///< where its mark lies
  KafkaClient* client = nullptr;
  MoveNotes* notes = nullptr;
  KafkaIdentity identity;        ///< the source's, with numbers for all domains of this version
  std::string place;             ///< the cluster, for the directory's mark
  /// Rows and views folded from both sides must be equal.
  std::function<Result<void>()> compare_folds;
  /// Called at every step and before every change that lasts; `idle`: there is nothing to do now.
  std::function<Result<void>(bool idle, const MoveProgress&)> pause;
};

/// The order is what makes a crash at any instant harmless (G8):
///   1  the cluster says `arriving`: from here on no node serves it
///   2  the records are copied, behind what an earlier run left
///   3  all is read again and held against the directory: records, hashes, rows and views
///   4  the directory's mark says `moved`: from here on it is not served (the fence)
///   5  the cluster says `here`: from here on nodes serve it
/// Run again it goes on where it ended. Faults: `undecided`, `topic_disturbed`, `cluster_occupied`
/// (the topics hold something else), `log_moved` (elsewhere), `log_arriving`, those of the parts.
class MoveToKafka {
 public:
  explicit MoveToKafka(MoveToKafkaParts parts) : parts_(std::move(parts)) {}
  Result<MoveReport> run();
  /// What `run` would do, with nothing changed.
  Result<MoveReport> plan();

 private:
  enum class Begin : uint8_t { fresh, resumed, finished };
  Result<Begin> judge();
  Result<void> survey();
  Result<void> pass(MoveCopier& copier, MoveProgress::Step step);
  Result<void> look();
  Result<void> cut_over();
  Result<void> tell(MoveProgress::Step step);

  MoveToKafkaParts parts_;
  MoveMark mark_;
  std::vector<MovedPartition> partitions_;
  MoveReport report_;
};

}  // namespace spate
