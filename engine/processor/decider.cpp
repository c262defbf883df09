// Refusals first, then the engine's own conditions, then the domain's handler.
#include "engine/processor/decider.hpp"

#include "engine/api/raw_record.hpp"

namespace spate {

Decision Decider::parked(std::string reason) {
  Decision decision;
  decision.kind = envelope::Kind::parked;
  decision.reason = std::move(reason);
  return decision;
}

Decision Decider::refused(const envelope::Command& command) {
  Decision decision;
  decision.kind = envelope::Kind::refused;
  if (const envelope::RawRecord* raw = raw_record_of(command))
    decision.reason = text_of(raw->reason());
  else
    decision.reason = "this version knows no command type " + std::to_string(command.type());
  return decision;
}

Decision Decider::parked(const DomainFault& fault) {
  return parked(std::string("this must hold and does not: ") + fault.condition + " (" + fault.file +
                ":" + std::to_string(fault.line) + ")");
}

void Decider::name_rows(const envelope::Command& command, std::vector<RowName>& names) const {
  const HandlerTable::CommandOps* ops = handler_.command(command.type());
  if (ops == nullptr || command.codec() != envelope::Codec::flatbuffers) return;
  const DomainScope scope;
  try {
    ops->rows(text_of(command.stream()), bytes_of(command.payload()), names);
  } catch (...) {
    names.clear();  // decide_once meets the same failure, or an unnamed row, and parks the command
  }
}

Decision Decider::decide_once(const envelope::Command& command, Instant now, NamedRows& rows,
                              bool suspect) {
  events_.clear();
  if (suspect) return parked("deciding it ended the process twice");
  Decision decision;
  Decision failed = guard([&] { decision = decide(command, now, rows, false); });
  return failed.kind == envelope::Kind::none ? decision : failed;
}

Decision Decider::redrive(const envelope::Command& command, Instant now, NamedRows& rows) {
  events_.clear();
  Decision decision;
  Decision failed = guard([&] { decision = decide(command, now, rows, true); });
  return failed.kind == envelope::Kind::none ? decision : failed;
}

Decision Decider::decide(const envelope::Command& command, Instant now, NamedRows& rows,
                         bool redriven) {
  const HandlerTable::CommandOps* ops = handler_.command(command.type());
  if (ops == nullptr || command.codec() != envelope::Codec::flatbuffers) return refused(command);
  Decision decision;
  const StreamRow stream = rows.stream();
  if (stream.parked() > 0 && !redriven)
    return parked("an earlier command of the stream is parked");
  decision.kind = envelope::Kind::rejected;
  if (command.expected_version() && *command.expected_version() != stream.version) {
    decision.verdict = Verdict(BuiltInRejection::precondition_failed)
                           .with("version", static_cast<int64_t>(stream.version));
    return decision;
  }
  decision.verdict =
      ops->decide(rows, text_of(command.stream()), now, bytes_of(command.payload()), events_);
  std::size_t bytes = 0;
  for (const EmitCore::Emitted& e : events_.events()) bytes += e.size;
  if (decision.verdict.is_accepted() && bytes > outcome_bytes_max_) {
    decision.verdict = Verdict(BuiltInRejection::outcome_too_large)
                           .with("limit", static_cast<int64_t>(outcome_bytes_max_));
  }
  if (decision.verdict.is_accepted()) {
    ENSURE(!events_.events().empty());
    decision.kind = envelope::Kind::accepted;
  } else {
    events_.clear();
  }
  return decision;
}

}  // namespace spate
