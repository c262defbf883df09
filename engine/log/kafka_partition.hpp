// KafkaPartition: one partition's part in the protocol: follow, claim, own, be fenced.
#pragma once
#include <mutex>
#include <optional>

#include "engine/log/kafka_commands.hpp"
#include "engine/log/offset_index.hpp"
#include "engine/log/outcomes_in_flight.hpp"
#include "engine/log/valid_outcomes.hpp"

namespace spate {

/// What a start may know of an outcome topic without reading all of it.
struct KafkaResume {
  FoldedTopic folded;
  std::vector<OffsetRun> runs;
};

/// A pure state machine: events of the client come in, sends and answers go out.
///
///   following ──acquire, elected──► catching_up ──read to the end──► claiming
///       ▲                                                               │ own claim read first
///       └── a higher epoch read, a failed report, a new session ◄── owned ◄┘
///
/// While owned, reports whose offsets continue exactly acknowledge; one that does not is looked
/// into by reading the log on from there (`reading`), which acknowledges what it finds valid.
/// Threads: "owner" methods any, "log" methods the one that steps the log.
class KafkaPartition {
 public:
  KafkaPartition(KafkaShared& shared, PartitionId id, uint32_t dense, std::string name,
                 std::optional<KafkaResume> resume);

  // Owner: as the port says.
  Result<Ownership> acquire();
  std::optional<Tail> tail() const;
  Sequence outcomes_end() const;
  Taken append_commands(BatchPtr batch);
  Taken append_outcomes(Epoch epoch, Sequence expected, BatchPtr batch);
  uint64_t ask_end();
  Progress poll() const;
  bool is_owned() const;
  /// The last valid outcome, once the topic is read to `offset`.
  std::optional<Sequence> sequence_below(int64_t offset) const;
  Result<BatchPtr> read_commands(uint64_t from, std::size_t bytes_max);
  Result<BatchPtr> read_outcomes(uint64_t from, std::size_t bytes_max);
  void on_durable(Bell* bell);

  // Log:
  void start(uint64_t session);
  void outcomes_came(std::span<const KafkaRecord> records);
  void commands_came(std::span<const KafkaRecord> records);
  void commands_passed(int64_t next);
  void command_failed();
  /// Of either side, of whatever was sent there: what waits for it may go on.
  void report_came() {
    if (waits_for_reports_.load()) turn_wanted_.store(true);
  }
  void reported(const KafkaReport& report);
  void outcomes_end(int64_t offset);
  void commands_end(int64_t offset);
  void out_of_range(LogSide side, int64_t begin);
  void electing();
  void elected(bool is_elected);
  /// Goes on until another's claim is read, and claims nothing any more.
  void leave();
  /// Every report that has not come never will.
  void session_opened(uint64_t session);
  /// What was put off: claims, sends that found no room, a handover. True: did something.
  bool turn(int64_t now_ns);
  /// Rings if something has happened since, or `anyway`: somebody waits for room.
  void ring_if_moved(bool anyway);
  /// Says who owns it now, if that may have changed since it last said so.
  void tell_owner();
  /// Whether it has been read to where it ended at the start: from then on what is not found does
  /// not exist yet.
  bool caught_up() const { return caught_up_.load(std::memory_order_acquire); }
  /// Where it stands; nothing while that is not known for sure.
  std::optional<KafkaResume> resume() const;

 private:
  enum class Role : uint8_t { following, catching_up, claiming, owned };
  using Lock = std::lock_guard<std::mutex>;

  // kafka_partition.cpp
  bool owns() const { return role_ == Role::owned && !giving_up_; }
  void give_up(Progress::Fate fate);
  void want_turn();
  bool send_outcomes();
  bool send_commands();
  bool has_no_room(LogSide side) const;
  bool may_go_on() const {
    return commands_.bytes() <= shared_.limits.queued_command_bytes_max / 2;
  }
  Result<BatchPtr> fetch_outcomes(Sequence from, OffsetIndex::Place place, std::size_t bytes_max);
  Result<BatchPtr> search_outcomes(Sequence from, OffsetIndex::Place near, uint64_t behind,
                                   std::size_t bytes_max);
  static ValidOutcomes fold_before(FoldedTopic at, Bytes value);
  Fault gone(const Fault& fault, LogSide side, uint64_t from) const;
  std::string place(LogSide side, int64_t offset) const;

  // kafka_claims.cpp
  void follow_outcomes();
  void advance_claim(int64_t now_ns);
  void send_claim(int64_t now_ns);
  void judge_claim();
  void become_owner();
  void lose(Progress::Fate fate);
  KafkaOwner owner() const;
  void wait_before_claiming(bool for_rival);
  void stop_at(LogSide side, int64_t offset, const std::string& reason);

  // kafka_reports.cpp
  enum class Seen : uint8_t { nothing, fenced, own_gap, foreign, broken };
  void look_into(const KafkaReport& report);
  void read_to(int64_t offset);
  void ask_end_if_deferred();
  void finish_reading();
  void settle();
  void acknowledge();
  void publish(BatchPtr batch);
  void free_bytes(std::size_t bytes);
  void find_out_if_caught_up();
  bool is_where_it_was_left(const KafkaRecord& record);
  Seen note(ValidOutcomes::Verdict verdict, int64_t offset, RecordBatch& read);
  void end_ownership(Seen seen, int64_t offset);

  // kafka_partition_commands.cpp
  void mark_passed(int64_t now_ns);
  void mark_reported(const KafkaReport& report, bool continues);
  void ask_commands_end();
  void answer_commands_end();

  KafkaShared& shared_;
  const PartitionId id_;
  const uint32_t dense_;
  const std::string name_;  // the domain's

  mutable std::mutex mutex_;  // short: never held over a fetch
  // Written by the log's thread alone, so that it reads them without the lock:
  ValidOutcomes fold_;
  Role role_ = Role::following;
  bool reading_ = false;      // owned, and following to look into a report
  uint64_t session_ = 0;
  uint64_t reported_ = 0;     // the last token whose report came
  uint64_t read_ahead_ = 0;   // tokens up to here were read in the log, reported or not
  int64_t expected_ = 0;      // where the next acknowledged outcome must lie
  uint64_t deferred_ = 0;     // the last token reported without an offset and not yet found
  uint64_t front_end_ = 0;    // the last token of the oldest batch in flight, if known
  // The log's thread alone:
  int64_t start_end_ = -1;    // the end as it was at the start; < 0: not yet known
  int64_t reading_end_ = 0;   // read up to here
  bool makes_sure_ = false;   // owned: asked for the end, to read whether another claimed
  uint64_t asked_for_ = 0;    // the deferred token for which the end was asked
  std::optional<int64_t> deferred_end_;  // it must be found below
  int64_t catch_up_end_ = -1; // the end as it was when a claim began; < 0: not yet known
  uint64_t claim_token_ = 0;
  Hash128 nonce_;             // of the claim
  std::optional<FoldedTopic> unchecked_;  // resumed from; to be found in the topic again
  bool stood_down_ = false;   // for a rival
  uint32_t rivals_met_ = 0;   // one soon after another
  int64_t rival_met_at_ns_ = 0;
  uint32_t claims_failed_ = 0;
  uint64_t mark_token_ = 0;   // of a mark under way; 0: none
  Cause mark_;                // what it says
  int64_t mark_at_ns_ = 0;    // when to send one; 0: there is nothing to say
  int64_t claim_at_ns_ = 0;
  int64_t due_ns_ = 0;        // when `turn` has to look again
  bool moved_ = false;
  bool owner_moved_ = false;
  ByteBuffer scratch_;
  std::size_t command_bytes_guess_ = 256;  // as the last ones came

  // Under the lock:
  Epoch epoch_;               // of the claim or ownership
  OutcomesInFlight in_flight_;
  Sequence appended_;         // the last outcome appended
  CommandsToSend commands_to_send_;
  CommandQueue commands_;
  Cause commands_read_;       // the highest ever
  Cause commands_came_;       // owned: the highest that came, or was decided before
  Cause commands_taken_;      // owned: the owner has decided all up to here
  bool commands_held_ = false;
  uint64_t end_wanted_ = 0;   // questions for the end of the commands: come, put, answered
  uint64_t end_asked_ = 0;
  uint64_t end_answered_ = 0;
  int64_t end_offset_ = -1;   // the answer that came to what was put; < 0: none
  int64_t commands_next_ = 0; // owned: all below this offset has come
  Cause commands_end_;        // the highest command below the end answered last
  uint64_t commands_failed_ = 0;
  OffsetIndex index_;
  bool wanted_ = false;       // the owner asked for it
  bool granted_ = false;      // and was given it
  bool giving_up_ = false;    // asked for anew, or appended wrongly: to be lost at the next turn
  bool elected_ = false;
  bool election_known_ = false;
  bool is_chosen_anew_ = false;
  bool resigning_ = false;    // the group wants another: what is in flight is awaited
  Progress::Fate fate_ = Progress::Fate::unknown;  // until granted
  Sequence acknowledged_;     // of the ownership granted last; stands still when it has ended
  std::optional<Fault> broken_;
  std::vector<Bell*> bells_;
  std::atomic<bool> turn_wanted_{false};
  std::atomic<bool> waits_for_reports_{false};  // to send on
  std::atomic<bool> caught_up_{false};
};

}  // namespace spate
