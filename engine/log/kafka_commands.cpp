// Everything that is read is verified: anybody may write to a command topic.
#include "engine/log/kafka_commands.hpp"

#include "schemas/envelope_generated.h"

namespace spate {
namespace {

constexpr std::string_view ticket_name = "spate-ticket";
constexpr std::size_t alignment = 8;
constexpr int64_t ns_per_ms = 1'000'000;

struct Ticket {
  uint64_t node = 0;
  uint64_t claim = 0;
};

uint64_t ticket_of(const KafkaRecord& record, uint64_t node) {
  const Bytes value = header_of(record, ticket_name);
  Ticket ticket;
  if (value.size() != sizeof ticket) return 0;
  std::memcpy(&ticket, value.data(), sizeof ticket);
  return ticket.node == node ? ticket.claim : 0;
}

}  // namespace

void CommandsToSend::send(KafkaShared& shared, PartitionId partition) {
  KafkaRoom room = shared.client.room({partition, LogSide::commands});
  while (!batches_.empty()) {
    const RecordBatch& batch = *batches_.front();
    for (const auto end = batch.end(); next_ != end; ++next_, ++place_) {
      if (room.records == 0 || room.bytes == 0) return;
      const RecordView record = *next_;
      const auto* stream = flatbuffers::GetRoot<envelope::Command>(record.body.data())->stream();
      const Bytes key = stream == nullptr ? Bytes{} : Bytes{stream->Data(), stream->size()};
      const uint64_t claim = place_ < batch.tickets.size() ? batch.tickets[place_] : 0;
      const Ticket ticket{shared.node.nonce, claim};
      const KafkaHeader headers[] = {
          {command_content_type_name, as_bytes(command_content_type)},
          {ticket_name, {reinterpret_cast<const uint8_t*>(&ticket), sizeof ticket}}};
      const uint64_t bytes = sizeof(RecordHead) + aligned_up(record.body.size(), alignment);
      const std::span<const KafkaHeader> used(headers, claim == 0 ? 1 : 2);
      if (shared.client.send_command(partition, bytes, key, record.body, used) ==
          KafkaClient::Sent::full)
        return;
      --room.records;
      room.bytes -= std::min<std::size_t>(room.bytes, bytes);
    }
    batches_.pop_front();
    if (!batches_.empty()) start(*batches_.front());
  }
}

void add_command(const KafkaShared& shared, const KafkaRecord& record, ByteBuffer& scratch,
                 RecordBatch& batch) {
  const PartitionId partition = batch.partition();
  const bool ours = as_text(header_of(record, command_content_type_name)) == command_content_type;
  Bytes body = record.value;
  if (ours && reinterpret_cast<uintptr_t>(body.data()) % alignment != 0) {
    scratch.clear();
    scratch.append(body);
    body = scratch;
  }
  const envelope::Command* command = ours ? envelope_in(record, body) : nullptr;
  const bool trusted = command != nullptr && shared.door.trusts(partition, record, *command);
  if (!trusted) {
    scratch.clear();
    shared.door.accept(partition, record, scratch);
    body = scratch;
  }
  batch.add(cause_at(record.offset).value, {record.timestamp_ms * ns_per_ms}, body);
  batch.tickets.push_back(trusted ? ticket_of(record, shared.node.nonce) : 0);
}

void CommandQueue::restart(Cause floor) {
  batches_.clear();
  bytes_ = 0;
  floor_ = floor;
}

void CommandQueue::add(BatchPtr batch) {
  bytes_ += batch->bytes().size();
  batches_.push_back(std::move(batch));
}

BatchPtr CommandQueue::find(uint64_t from) {
  while (!batches_.empty() && batches_.front()->last() < from) {
    floor_ = {batches_.front()->last()};
    bytes_ -= batches_.front()->bytes().size();
    batches_.pop_front();
  }
  return batches_.empty() ? BatchPtr{} : batches_.front();
}

}  // namespace spate
