// Laying records out one after another.
#include "engine/log/record_batch.hpp"

#include "engine/base/crc32c.hpp"

namespace spate {
namespace {
constexpr std::size_t head_bytes = sizeof(RecordHead);
}

uint32_t record_crc(const RecordHead& head, Bytes body) {
  const auto* raw = reinterpret_cast<const uint8_t*>(&head);
  const uint32_t crc = crc32c({raw + sizeof head.crc, head_bytes - sizeof head.crc});
  return crc32c(body, crc);
}

void RecordBatch::add(uint64_t number, Instant time, Bytes body) {
  RecordHead head;
  head.body_bytes = static_cast<uint32_t>(body.size());
  head.number = number;
  head.time = time.ns;
  head.domain = partition_.domain;
  head.index = partition_.index;
  head.side = side_;
  if (has_checksums_) head.crc = record_crc(head, body);
  add_raw(head, body);
}

void RecordBatch::add_raw(const RecordHead& head, Bytes body) {
  ENSURE(count_ == 0 || head.number > last_);
  const std::size_t padded = aligned_up(body.size(), 8);
  last_at_ = buffer_.size();
  uint8_t* at = buffer_.grow(head_bytes + padded);
  std::memcpy(at, &head, head_bytes);
  if (!body.empty()) std::memcpy(at + head_bytes, body.data(), body.size());
  std::memset(at + head_bytes + body.size(), 0, padded - body.size());
  if (count_++ == 0) first_ = head.number;
  last_ = head.number;
}

void RecordBatch::reset(PartitionId partition, LogSide side) {
  partition_ = partition;
  side_ = side;
  count_ = 0;
  first_ = last_ = 0;
  last_at_ = 0;
  buffer_.clear();
  tickets.clear();
}

RecordView RecordBatch::Iterator::operator*() const {
  RecordView view;
  std::memcpy(&view.head, at_, head_bytes);
  view.body = {at_ + head_bytes, view.head.body_bytes};
  return view;
}

RecordBatch::Iterator& RecordBatch::Iterator::operator++() {
  RecordHead head;
  std::memcpy(&head, at_, head_bytes);
  at_ += head_bytes + aligned_up(head.body_bytes, 8);
  return *this;
}

}  // namespace spate
