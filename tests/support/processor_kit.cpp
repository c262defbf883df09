// Building commands of redemptions by hand and reading answers as text.
#include "tests/support/processor_kit.hpp"

#include "schemas/redemptions_generated.h"

namespace spate {
namespace {

const PartitionId the_partition{1, 0};

std::string describe(const envelope::Outcome& outcome) {
  std::string text = envelope::EnumNameKind(outcome.kind());
  if (outcome.rejection() != 0) {
    const auto built_in = static_cast<BuiltInRejection>(outcome.rejection());
    if (built_in == BuiltInRejection::precondition_failed) text += " precondition_failed";
    else if (built_in == BuiltInRejection::outcome_too_large) text += " outcome_too_large";
    else
      text += std::string(" ") + redemptions::EnumNameRejection(
                                     static_cast<redemptions::Rejection>(outcome.rejection()));
  }
  if (outcome.origin() != 0) text += " origin=" + std::to_string(outcome.origin());
  return text;
}

const char* answer_name(Answer answer) {
  constexpr const char* names[] = {"outcome",      "duplicate", "pending",
                                   "unknown",      "overloaded", "stream_parked",
                                   "storage_full", "not_ready", "shutting_down",
                                   "maybe_taken"};
  return names[static_cast<int>(answer)];
}

}  // namespace

ProcessorKit::ProcessorKit(const Domain& domain, ProcessorLimits limits, RowTableLimits row_limits,
                           IdTableLimits id_limits, Numbering numbering, std::size_t ring_bytes)
    : log(Topology({{std::string(domain.name), 1, 1}}), {{1, 1}, 1}, {.numbering = numbering}),
      domain_(domain),
      limits_(limits),
      row_limits_(row_limits),
      id_limits_(id_limits),
      ring_bytes_(ring_bytes),
      suspects_(std::make_unique<Suspects>()) {
  suspects_->open_in_memory(1);
  start();
}

void ProcessorKit::start() {
  if (!breadcrumbs_.empty()) {
    suspects_ = std::make_unique<Suspects>();
    ENSURE(suspects_->open(breadcrumbs_, log.identity().id, 1).has_value());
  }
  mailbox_ = std::make_unique<Mailbox>(1 << 20, ring_bytes_);
  rows_ = std::make_unique<RowTable>(store, row_limits_);
  ids_ = std::make_unique<IdTable>(ids_directory_, id_limits_);
  ENSURE(ids_->open(log.identity()).has_value());
  group_ = std::make_unique<ProcessorGroup>(std::vector<Mailbox*>{mailbox_.get()}, 1,
                                            group_limits_);
  PartitionParts parts;
  parts.id = the_partition;
  parts.domain = &domain_;
  parts.row_schema_digest = 1;
  parts.log = &log;
  parts.store = &store;
  parts.rows = rows_.get();
  parts.ids = ids_.get();
  parts.clock = &clock;
  parts.suspects = suspects_.get();
  parts.tell = [this](const std::string& what) { notes_ += what + "\n"; };
  parts.follows = follows_;
  group_->add(parts, limits_);
  checkpointer_ = std::make_unique<Checkpointer>(
      std::vector<Checkpointing*>{&partition().checkpointing()});
  step();
}

void ProcessorKit::restart(std::size_t keep_store_batches) {
  log.crash();
  store.crash(keep_store_batches);
  start();
}

void ProcessorKit::restart_within(Sequence last) {
  log.crash_within(the_partition, last);
  store.crash(1000);
  start();
}

uint64_t ProcessorKit::send(uint16_t type, std::string_view stream, Bytes payload,
                            std::string_view key, uint64_t fingerprint) {
  RequestHead head;
  head.ticket = ++ticket_;
  const std::string name = key.empty() ? "key-" + std::to_string(ticket_) : std::string(key);
  head.id = id_of_key(stream, name);
  head.async = async_;
  CommandFields fields;
  fields.id = head.id;
  fields.type = type;
  fields.fingerprint = fingerprint;
  fields.stream = stream;
  fields.payload = payload;
  fields.sender_key = name;
  fields.expected_version = expected_version_;
  fields.control = control_;
  flatbuffers::FlatBufferBuilder envelope_builder;
  const Bytes body = build_command(envelope_builder, fields);
  uint8_t* at = mailbox_->requests.begin(sizeof head + body.size());
  ENSURE(at != nullptr);
  std::memcpy(at, &head, sizeof head);
  std::memcpy(at + sizeof head, body.data(), body.size());
  mailbox_->requests.commit();
  async_ = false;
  expected_version_ = {};
  control_ = envelope::Control::none;
  return ticket_;
}

uint64_t ProcessorKit::open(std::string_view campaign, uint64_t stock, std::string_view key) {
  builder_.Clear();
  builder_.Finish(redemptions::CreateOpen(builder_, stock));
  return send(1, campaign, {builder_.GetBufferPointer(), builder_.GetSize()}, key, stock);
}

uint64_t ProcessorKit::redeem(std::string_view campaign, std::string_view claimant,
                              std::string_view key, uint32_t quantity) {
  builder_.Clear();
  const auto name = builder_.CreateString(claimant.data(), claimant.size());
  builder_.Finish(redemptions::CreateRedeem(builder_, name, quantity));
  const Bytes payload{builder_.GetBufferPointer(), builder_.GetSize()};
  return send(2, campaign, payload, key, xxh3_64(payload));
}

uint64_t ProcessorKit::control(std::string_view campaign, envelope::Control what,
                               std::string_view key) {
  control_ = what;
  return send(0, campaign, {}, key, static_cast<uint64_t>(what));
}

uint64_t ProcessorKit::find(CommandId id) {
  RequestHead head;
  head.ticket = ++ticket_;
  head.id = id;
  head.ask = Ask::find;
  uint8_t* at = mailbox_->requests.begin(sizeof head);
  std::memcpy(at, &head, sizeof head);
  mailbox_->requests.commit();
  return ticket_;
}

CommandId ProcessorKit::id_of_key(std::string_view campaign, std::string_view key) const {
  return command_id("", domain_.name, campaign, key);
}

void ProcessorKit::step() {
  for (int turn = 0; turn < 1000; ++turn) {
    const Result<Step> result = group_->step();
    if (!result) fault_ = result.error().code;
    if (!result || *result != Step::worked) return;
  }
  ENSURE(!"a group settles within a thousand steps");
}

void ProcessorKit::settle() {
  step();
  log.step();
  step();
}

void ProcessorKit::write_checkpoint() {
  const Result<Step> result = checkpointer_->step();
  if (!result) fault_ = result.error().code;
  step();
}

std::string ProcessorKit::replies() {
  std::string text;
  while (const auto message = mailbox_->replies.front()) {
    ReplyHead head;
    std::memcpy(&head, message->data(), sizeof head);
    text += std::to_string(head.ticket) + " " + answer_name(head.answer);
    if (head.answer == Answer::outcome)
      text += " " + describe(outcome_of(message->subspan(reply_body_at)));
    if (head.answer == Answer::duplicate) text += " of " + std::to_string(head.sequence.value);
    if (head.replayed) text += " replayed";
    text += "\n";
    mailbox_->replies.pop();
  }
  return text;
}

Hash128 ProcessorKit::digest() {
  const Result<Hash128> digest = rows_->digest();
  ENSURE(digest.has_value());
  return *digest;
}

std::string ProcessorKit::outcomes() {
  std::string text;
  for (uint64_t from = 1;;) {
    const auto batch = log.read(LogSide::outcomes, the_partition, from, 1 << 20);
    if (!batch || !*batch) return text;
    for (const RecordView record : **batch) {
      if (record.head.number < from) continue;
      const envelope::Outcome& outcome = outcome_of(record.body);
      text += std::to_string(outcome.sequence()) + " " + std::to_string(outcome.cause()) + " " +
              describe(outcome) + "\n";
    }
    from = (*batch)->last() + 1;
  }
}

}  // namespace spate
