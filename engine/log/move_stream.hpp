// MoveStream: the records that a topic's partition must hold for an embedded log, in their order.
#pragma once
#include <optional>
#include <string>

#include "engine/log/kafka_client.hpp"
#include "engine/log/move_survey.hpp"

namespace spate {

/// A function of the log alone, so that a copy that was cut short can be gone on with, and be
/// checked record by record:
///   outcomes   each as it is, under its stream; before the first of each epoch the claim of it
///   commands   number n at offset n - 1, as an edge sends it, so that causes stay what they are; a
///              number that the log does not have is filled
class MoveStream {
 public:
  MoveStream(Log& log, LogSide side, const MovedPartition& partition)
      : log_(log), side_(side), partition_(partition) {}

  struct Record {
    Bytes key, value;
    bool is_filler = false;
  };
  /// The record for `offset()`; null behind the last. Valid until `advance`. Faults: of reading.
  Result<const Record*> peek();
  void advance();
  int64_t offset() const { return offset_; }
  int64_t total() const;

  /// Headers of a command's record.
  static std::string_view content_type(const Record& record);

 private:
  Result<bool> find(uint64_t number);
  Result<void> make();

  Log& log_;
  const LogSide side_;
  const MovedPartition partition_;
  int64_t offset_ = 0;
  uint64_t claims_ = 0;       // already passed
  uint64_t epoch_ = 0;        // of the last claim passed
  bool is_claim_ = false;     // the record at hand
  BatchPtr batch_;
  std::optional<RecordBatch::Iterator> at_;
  std::optional<Record> record_;
  ByteBuffer claim_;
  std::string filler_;
};

}  // namespace spate
