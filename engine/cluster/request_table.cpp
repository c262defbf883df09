// A slab; tickets name a place in it and the attempt.
#include "engine/cluster/request_table.hpp"

namespace spate {
namespace {
constexpr std::size_t kept_capacity_max = 4096;  // of a free place: large bodies are given back
}

uint32_t RequestTable::add(const RequestHead& head, Bytes body, const Origin& origin) {
  ENSURE(has_room(body.size()));
  if (free_.empty()) {
    free_.push_back(static_cast<uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const uint32_t place = free_.back();
  free_.pop_back();
  PendingRequest& request = slots_[place];
  ByteBuffer kept = std::move(request.body);
  kept.clear();
  kept.append(body);
  request = {};
  request.body = std::move(kept);
  request.head = head;
  request.origin = origin;
  request.arrival = ++arrivals_;
  ++count_;
  bytes_ += body.size();
  return place;
}

void RequestTable::remove(uint32_t place) {
  PendingRequest& request = slots_[place];
  ENSURE(request.arrival != 0);
  bytes_ -= request.body.size();
  --count_;
  request.arrival = 0;
  request.attempt = 0;
  request.at = PendingRequest::At::nowhere;
  if (request.body.capacity() > kept_capacity_max) request.body = ByteBuffer();
  request.body.clear();
  free_.push_back(place);
}

uint64_t RequestTable::new_ticket(uint32_t place) {
  if (++attempts_ == 0) ++attempts_;
  slots_[place].attempt = attempts_;
  return uint64_t{attempts_} << 32 | place;
}

PendingRequest* RequestTable::find(uint64_t ticket) {
  const uint32_t place = place_of(ticket);
  const auto attempt = static_cast<uint32_t>(ticket >> 32);
  if (place >= slots_.size() || attempt == 0 || slots_[place].attempt != attempt) return nullptr;
  return &slots_[place];
}

}  // namespace spate
