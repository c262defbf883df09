// Redrive and discard: commands of the engine that settle a stream's parked commands (E3).
#include "engine/processor/partition_processor.hpp"

namespace spate {

/// Leaves one outcome for the control command itself, then one for each parked command, oldest
/// first, until the stream is empty or a command fails again. All carry the control command's
/// cause; the parked command's own cause is their `origin`.
Result<void> PartitionProcessor::control(const Work& work, envelope::Control what) {
  Decision done;
  done.kind = envelope::Kind::controlled;
  done.reason = what == envelope::Control::redrive ? "redrive" : "discard";
  decider_.events().clear();
  record(work, std::move(done), {});
  for (;;) {
    NamedRows rows(*parts_.rows, keys_, work.rows);
    const StreamRow stream = rows.stream();
    if (stream.parked() == 0) break;
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
  decider_.name_rows(command, names_);
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
    if (decision.kind == envelope::Kind::parked) return false;  // still fails: it stays parked
  }
  return record(work, std::move(decision), origin) != envelope::Kind::parked;
}

}  // namespace spate
