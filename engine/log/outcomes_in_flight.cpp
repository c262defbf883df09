// Tokens in, settled batches out; a batch is copied only when it does not settle at once.
#include "engine/log/outcomes_in_flight.hpp"

#include "schemas/envelope_generated.h"

namespace spate {

std::size_t OutcomesInFlight::bytes_of(const RecordView& record) {
  return sizeof(RecordHead) + aligned_up(record.body.size(), 8);
}

KafkaOutcome OutcomesInFlight::outcome_in(const RecordView& record) {
  const auto* stream = flatbuffers::GetRoot<envelope::Outcome>(record.body.data())->stream();
  return {stream == nullptr ? Bytes{} : Bytes{stream->Data(), stream->size()}, record.body};
}

void OutcomesInFlight::add(BatchPtr batch) {
  if (!has_unsent()) next_unsent_ = batch->begin();
  minted_ += batch->count();
  const auto first = batch->begin();
  batches_.push_back({std::move(batch), minted_, first});
}

/// What of the batch fits the room, which is used up by it.
void OutcomesInFlight::take_unsent(const Flying& flying, KafkaRoom& room) {
  to_send_.clear();
  for (auto next = next_unsent_; next != flying.batch->end(); ++next) {
    if (room.records == 0 || room.bytes == 0) return;
    to_send_.push_back(outcome_in(*next));
    --room.records;
    room.bytes -= std::min(room.bytes, bytes_of(*next));
  }
}

void OutcomesInFlight::send(KafkaClient& client, PartitionId partition) {
  KafkaRoom room = client.room({partition, LogSide::outcomes});
  while (has_unsent() && room.records > 0 && room.bytes > 0) {
    const Flying& flying = batches_[unsent_];
    const uint64_t token = std::max(sent_ + 1, flying.begin());
    take_unsent(flying, room);
    const std::size_t taken = client.send_outcomes(partition, token, to_send_);
    if (taken > 0) sent_ = token + taken - 1;
    for (std::size_t i = 0; i < taken; ++i) ++next_unsent_;
    if (taken < to_send_.size()) return;
    if (next_unsent_ != flying.batch->end()) continue;
    if (++unsent_ < batches_.size()) next_unsent_ = batches_[unsent_].batch->begin();
  }
}

std::size_t OutcomesInFlight::clear() {
  std::size_t bytes = 0;
  for (const Flying& flying : batches_)
    bytes += flying.batch->bytes().size() - flying.settled_bytes;
  batches_.clear();
  unsent_ = 0;
  sent_ = settled_ = minted_;
  return bytes;
}

std::size_t OutcomesInFlight::settle(uint64_t token, const Take& take) {
  std::size_t bytes = 0;
  while (!batches_.empty() && batches_.front().begin() <= token && settled_ < token) {
    Flying& flying = batches_.front();
    const bool whole = flying.settled_bytes == 0 && flying.end <= token;
    auto part = whole ? nullptr
                      : std::make_shared<RecordBatch>(flying.batch->partition(), LogSide::outcomes,
                                                      flying.batch->has_checksums());
    RecordView last;
    settled_ = std::max(settled_, flying.begin() - 1);
    if (whole) {  // not record by record: they are out of the processor's caches by now
      last = flying.batch->last_record();
      settled_ = flying.end;
      bytes += flying.batch->bytes().size();
    }
    for (; settled_ < token && settled_ < flying.end; ++settled_, ++flying.unsettled) {
      last = *flying.unsettled;
      part->add_raw(last.head, last.body);
      flying.settled_bytes += bytes_of(last);
      bytes += bytes_of(last);
    }
    const BatchPtr batch = flying.batch;  // holds what `last` shows
    if (settled_ == flying.end) {
      batches_.pop_front();
      --unsent_;
    }
    take(whole ? batch : BatchPtr{std::move(part)}, last);
  }
  return bytes;
}

bool OutcomesInFlight::settle_read(Sequence sequence, Bytes body, std::size_t& bytes) {
  if (batches_.empty()) return false;
  Flying& flying = batches_.front();
  const RecordView record = *flying.unsettled;
  if (record.head.number != sequence.value || as_text(record.body) != as_text(body)) return false;
  settled_ = std::max(settled_, flying.begin() - 1) + 1;
  ++flying.unsettled;
  flying.settled_bytes += bytes_of(record);
  bytes += bytes_of(record);
  if (settled_ < flying.end) return true;
  batches_.pop_front();
  --unsent_;
  return true;
}

}  // namespace spate
