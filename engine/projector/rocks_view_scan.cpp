// As ViewSum sums them.
#include "engine/projector/rocks_view_scan.hpp"

#include "engine/base/hash_sum.hpp"
#include "engine/projector/view_key.hpp"
#include "engine/projector/view_position.hpp"
#include "engine/state/checkpoint_record.hpp"

namespace spate {
namespace {

Result<std::optional<Checkpoint>> position_of(RocksReading& store, PartitionId id) {
  TRY(const auto value, store.get(position_key(id)));
  std::optional<Checkpoint> at = value ? position_in(*value) : std::nullopt;
  if (!at) return at;
  TRY(const auto digest, store.get(digest_key(id)));
  if (digest) at->digest = digest_of(as_bytes(*digest), *at);
  return at;
}

}  // namespace

Result<std::vector<StoredSum>> sums_of_views(RocksReading& store, const DomainPlace& domain,
                                             const Pace& pace) {
  std::vector<HashSum> sums(domain.partitions);
  const KeyRange range = domain_range(domain.number);
  TRY(store.each(range.from, range.to, pace, [&](std::string_view key, Bytes value) {
    const uint16_t index = partition_in(key).index;
    if (index < sums.size()) sums[index].add(key, value);
  }));
  std::vector<StoredSum> found;
  for (uint16_t index = 0; index < domain.partitions; ++index) {
    const PartitionId id{domain.number, index};
    TRY(const auto at, position_of(store, id));
    if (at) found.push_back({id, *at, sums[index].value()});
  }
  return found;
}

}  // namespace spate
