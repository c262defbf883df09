// The index is derived: one that is damaged or missing is built again from the segment.
#include "engine/log/segment_index.hpp"

#include <algorithm>

#include "engine/base/crc32c.hpp"

namespace spate {
namespace {

constexpr uint64_t entry_distance_bytes = 64 << 10;

uint64_t key_of(PartitionId id, LogSide side) {
  return uint64_t{id.domain} << 32 | uint64_t{id.index} << 16 | static_cast<uint64_t>(side);
}

void put(ByteBuffer& out, uint64_t value) {
  std::memcpy(out.grow(sizeof value), &value, sizeof value);
}

class Words {
 public:
  explicit Words(Bytes bytes) : bytes_(bytes) {}
  uint64_t next() {
    if (bytes_.size() < 8) {
      short_ = true;
      return 0;
    }
    uint64_t value;
    std::memcpy(&value, bytes_.data(), 8);
    bytes_ = bytes_.subspan(8);
    return value;
  }
  bool ended_early() const { return short_; }

 private:
  Bytes bytes_;
  bool short_ = false;
};

}  // namespace

void SegmentIndex::add(PartitionId id, LogSide side, uint64_t first, uint64_t last,
                       uint64_t offset) {
  Places& places = keys_[key_of(id, side)];
  places.last = std::max(places.last, last);
  if (places.groups.empty() || offset >= places.groups.back().second + entry_distance_bytes)
    places.groups.emplace_back(first, offset);
}

std::optional<uint64_t> SegmentIndex::look_up(PartitionId id, LogSide side, uint64_t from) const {
  const auto found = keys_.find(key_of(id, side));
  if (found == keys_.end() || from > found->second.last) return std::nullopt;
  const auto& groups = found->second.groups;
  auto after = std::upper_bound(groups.begin(), groups.end(), std::pair{from, ~uint64_t{0}});
  return after == groups.begin() ? groups.front().second : std::prev(after)->second;
}

ByteBuffer SegmentIndex::encoded(const Hash128& log, uint64_t segment, uint64_t last_group) const {
  ByteBuffer out;
  for (const uint64_t word : {log.hi, log.lo, segment, last_group, uint64_t{keys_.size()}})
    put(out, word);
  for (const auto& [key, places] : keys_) {
    put(out, key);
    put(out, places.last);
    put(out, places.groups.size());
    for (const auto& [number, offset] : places.groups) {
      put(out, number);
      put(out, offset);
    }
  }
  put(out, crc32c(out));
  return out;
}

std::optional<SegmentIndex> SegmentIndex::decoded(Bytes bytes, const Hash128& log, uint64_t segment,
                                                  uint64_t last_group) {
  if (bytes.size() < 8 || bytes.size() % 8 != 0) return std::nullopt;
  const Bytes body = bytes.first(bytes.size() - 8);
  if (Words(bytes.last(8)).next() != crc32c(body)) return std::nullopt;
  Words words(body);
  if (words.next() != log.hi || words.next() != log.lo) return std::nullopt;
  if (words.next() != segment || words.next() != last_group) return std::nullopt;
  SegmentIndex index;
  for (uint64_t keys = words.next(); keys > 0 && !words.ended_early(); --keys) {
    Places& places = index.keys_[words.next()];
    places.last = words.next();
    for (uint64_t n = words.next(); n > 0 && !words.ended_early(); --n) {
      const uint64_t number = words.next();
      places.groups.emplace_back(number, words.next());
    }
  }
  if (words.ended_early()) return std::nullopt;
  return index;
}

}  // namespace spate
