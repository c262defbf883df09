// Counted, then dealt out: one pass over the body, one over what it left in the scratch memory.
#include "engine/log/group_places.hpp"

#include <algorithm>

#include "engine/log/segment_format.hpp"

namespace spate {
namespace {

uint32_t key_of(LogSide side, uint32_t dense_index) {
  return dense_index * 2 + (side == LogSide::outcomes ? 1 : 0);
}

struct Scratch {
  std::vector<uint32_t> counts;  // by key, all zero between two uses
  std::vector<uint32_t> keys;    // that have a count
  std::vector<std::pair<uint32_t, uint32_t>> records;  // key, place
};

}  // namespace

GroupPlaces::GroupPlaces(Bytes body, const Topology& topology) {
  thread_local Scratch scratch;
  scratch.keys.clear();
  scratch.records.clear();
  if (scratch.counts.size() < topology.partitions().size() * 2)
    scratch.counts.resize(topology.partitions().size() * 2);
  each_record(body, [&](const RecordView& record, std::size_t at) {
    const PartitionId id{record.head.domain, record.head.index};
    if (!topology.contains(id)) return;
    const uint32_t key = key_of(record.head.side, topology.dense_index(id));
    if (scratch.counts[key]++ == 0) scratch.keys.push_back(key);
    scratch.records.emplace_back(key, static_cast<uint32_t>(at));
  });
  std::sort(scratch.keys.begin(), scratch.keys.end());
  runs_.reserve(scratch.keys.size());
  uint32_t from = 0;
  for (const uint32_t key : scratch.keys) {
    const uint32_t count = std::exchange(scratch.counts[key], from);  // now: where the next goes
    runs_.push_back({key, from, from + count});
    from += count;
  }
  places_.resize(from);
  for (const auto& [key, at] : scratch.records) places_[scratch.counts[key]++] = at;
  for (const uint32_t key : scratch.keys) scratch.counts[key] = 0;
}

std::span<const uint32_t> GroupPlaces::of(LogSide side, uint32_t dense_index) const {
  const uint32_t key = key_of(side, dense_index);
  const auto run = std::lower_bound(runs_.begin(), runs_.end(), key,
                                    [](const Run& r, uint32_t wanted) { return r.key < wanted; });
  if (run == runs_.end() || run->key != key) return {};
  return std::span(places_).subspan(run->from, run->to - run->from);
}

}  // namespace spate
