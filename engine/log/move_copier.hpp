// MoveCopier: one pass over topics that are to hold an embedded log: look, copy, or verify.
#pragma once
#include <deque>
#include <functional>

#include "engine/base/step.hpp"
#include "engine/log/move_stream.hpp"

namespace spate {

/// Holds what lies in the topics against what must, record by record; `copy` sends what is missing
/// behind it. Its own records are alone there or it stops: an acknowledgement must lie exactly
/// where the record belongs, so nothing is ever written twice or out of its place unnoticed.
class MoveCopier final : private KafkaSink {
 public:
  enum class Pass : uint8_t {
    look,    ///< only where the topics end
    copy,    ///< ends when every record is acknowledged
    verify,  ///< reads all; what is missing is a fault
  };
  /// Both and the partitions outlive it. One thread.
  MoveCopier(Log& source, const std::vector<MovedPartition>& partitions, KafkaClient& client,
             Pass pass);

  /// Faults: `topic_disturbed` (stop: the topics hold something else), `kafka_unreachable` (retry:
  /// a record failed, run again), those of the client and of reading.
  Result<Step> step();
  bool done() const { return first_open_ == places_.size(); }

  uint64_t records_done() const { return records_done_; }
  uint64_t records_sent() const { return records_sent_; }
  uint64_t bytes_done() const { return bytes_done_; }
  /// Whether no topic holds anything where the log has to go.
  bool is_empty() const { return is_empty_; }
  /// Over every record, in order: as the topics were read, and as the log says (verify).
  Hash128 topic_hash() const { return hash_of_all(&Place::topic_hash); }
  Hash128 source_hash() const { return hash_of_all(&Place::source_hash); }

 private:
  enum class Stage : uint8_t { waiting, asked, comparing, sending, done };
  struct Place {
    KafkaPlace place;
    MoveStream stream;
    Stage stage = Stage::waiting;
    int64_t end = -1;          // of the topic, as asked
    int64_t acknowledged = 0;  // offsets below it are reported
    uint64_t topic_hash = 0, source_hash = 0;
  };

  void records(KafkaPlace place, std::span<const KafkaRecord> records) override;
  void passed(KafkaPlace place, int64_t next) override;
  void report(const KafkaReport& report) override;
  void end(KafkaPlace place, int64_t offset) override;
  void out_of_range(KafkaPlace place, int64_t begin) override;
  void elected(std::span<const PartitionId>) override {}

  Place* find(KafkaPlace place);
  bool turn(Place& place);
  bool send(Place& place);
  void begin_comparing(Place& place);
  void compare(Place& place, const KafkaRecord& record);
  void compared(Place& place);
  void finish(Place& place);
  void disturbed(const Place& place, int64_t offset, const std::string& what);
  void fail(Fault fault);
  std::string name(const Place& place) const;
  Hash128 hash_of_all(uint64_t Place::*hash) const;

  Log& source_;
  KafkaClient& client_;
  const Pass pass_;
  uint64_t session_ = 0;
  std::deque<Place> places_;
  std::size_t first_open_ = 0;  // all before it are done
  std::optional<Fault> fault_;
  uint64_t records_done_ = 0, records_sent_ = 0, bytes_done_ = 0;
  bool is_empty_ = true;
};

}  // namespace spate
