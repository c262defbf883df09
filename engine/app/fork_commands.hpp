// ForkCommands: what is put into a sandbox log to be decided: commands of the past, edited or new.
#pragma once
#include <map>

#include "engine/app/stopped_log.hpp"
#include "engine/codec/json.hpp"
#include "engine/codec/json_value.hpp"

namespace spate {

/// `[COMMAND.]FIELD=VALUE`: in every command that has the field, or in those of that name.
struct ForkEdit {
  std::string command;  ///< empty: any
  std::string field;
  JsonValue value;
  /// Faults: `usage`, for what is none, or names no field that a command has.
  static Result<ForkEdit> parse(const std::string& text, const Catalog& catalog);
};

/// One thread; the log must be opened by nobody else.
class ForkCommands {
 public:
  ForkCommands(SegmentLog& log, const Catalog& catalog) : log_(log), catalog_(catalog) {}
  /// Becomes the writer of every partition.
  Result<void> begin();
  /// A line as POST /v1/batch takes it. Stamped as the newest that its partition has, or `now` when
  /// that is later. Faults: `usage`, which name what is wrong with it.
  Result<void> add_line(const std::string& line, Instant now);
  /// A command of the past, with its stamp and its id.
  Result<void> add(const RecordView& record, const std::vector<ForkEdit>& edits);
  /// All of them durable, the log sealed.
  Result<void> end();

  uint64_t added() const { return added_; }
  uint64_t replayed() const { return replayed_; }
  uint64_t edited() const { return edited_; }

 private:
  struct Line {
    PartitionId id;
    uint64_t last = 0;   // number
    uint64_t shift = 0;  // by which numbers of the past grow
    Instant time;
    std::shared_ptr<RecordBatch> batch;
  };
  Result<bool> edit(const DomainPlan& domain, const envelope::Command& command,
                    const std::vector<ForkEdit>& edits, ByteBuffer& payload);
  Result<void> append(Line& line, uint64_t number, Instant time, Bytes body);
  Result<void> flush(Line& line);

  SegmentLog& log_;
  const Catalog& catalog_;
  CommandReader reader_;
  flatbuffers::FlatBufferBuilder builder_;
  std::vector<Line> lines_;
  uint64_t added_ = 0, replayed_ = 0, edited_ = 0;
};

}  // namespace spate
