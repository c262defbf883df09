// Redrive and discard: commands of the engine that settle a stream's parked commands (E3).
#include "engine/processor/partition_processor.hpp"

namespace spate {

CommandId PartitionProcessor::control_id(const Work& control) {
  return id_of(command_of(control.body).id());
}

/// Leaves one outcome for the control command itself, then one for each parked command, oldest
/// first, until the stream is empty or a command fails again. All carry the control command's
/// cause; the parked command's own cause is their `origin`. What is more than a batch holds goes on
/// in the next one. A redrive that ended the process twice is left at that.
Result<void> PartitionProcessor::control(const Work& work, envelope::Control what) {
  const bool is_deadly = what == envelope::Control::redrive &&
                         parts_.suspects->is_suspect(parts_.dense, control_id(work));
  const bool goes_on = std::exchange(unfinished_control_, {}) == work.cause;
  if (!goes_on) {
    Decision done;
    done.kind = envelope::Kind::controlled;
    done.reason = what == envelope::Control::redrive ? "redrive" : "discard";
    if (is_deadly) done.reason += ": not done, it ended the process twice";
    decider_.events().clear();
    record(work, std::move(done), {});
  }
  while (!is_deadly) {
    NamedRows rows(*parts_.rows, keys_, work.rows);
    const StreamRow stream = rows.stream();
    if (stream.parked() == 0) break;
    if (batch_is_full()) {
      unfinished_control_ = work.cause;
      break;
    }
    TRY(const bool settled, settle_parked(work, what, stream));
    if (!settled) break;
  }
  return {};
}

Result<bool> PartitionProcessor::settle_parked(const Work& control, envelope::Control what,
                                               const StreamRow& stream) {
  const std::string_view name = text_of(command_of(control.body).stream());
  parked_key(name, stream.parked_first, key_);
  const Bytes row = parts_.rows->find(key_);
  ENSURE(row.size() > sizeof(uint64_t));
  Cause origin;
  std::memcpy(&origin.value, row.data(), sizeof origin.value);
  ByteBuffer copy;  // the row goes away while its command is decided
  copy.append(row.subspan(sizeof origin.value));
  const envelope::Command& command = command_of(copy);
  names_.clear();
  if (what == envelope::Control::redrive) {
    parts_.suspects->deciding(parts_.dense, control_id(control));
    decider_.name_rows(command, names_);
  }
  const Work work{control.cause, control.time, copy, 0, keys_.add(name, names_)};
  TRY(keys_.prefetch(*parts_.rows));
  Decision decision;
  decider_.events().clear();
  if (what == envelope::Control::discard) {
    decision.kind = envelope::Kind::refused;
    decision.reason = "discarded by an operator";
  } else {
    NamedRows rows(*parts_.rows, keys_, work.rows);
    decision = decider_.redrive(command, std::max(last_time_, work.time), rows);
  }
  const bool settled = decision.kind != envelope::Kind::parked &&
                       record(work, std::move(decision), origin) != envelope::Kind::parked;
  parts_.suspects->done(parts_.dense);
  return settled;  // one that still fails stays parked, and where it is
}

}  // namespace spate
