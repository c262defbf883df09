// As RowDigest sums them: the keys without the partition before them.
#include "engine/state/rocks_row_scan.hpp"

#include "engine/base/hash_sum.hpp"
#include "engine/state/checkpoint_record.hpp"
#include "engine/state/rocks_row_keys.hpp"

namespace spate {

Result<std::optional<StoredSum>> sum_of_rows(RocksReading& store, PartitionId partition,
                                             const Pace& pace) {
  const RowStoreKeys keys(partition);
  TRY(const auto record, store.get(keys.checkpoint));
  if (!record) return std::optional<StoredSum>{};
  TRY(Checkpoint at, checkpoint_of(as_bytes(*record)));
  TRY(const auto digest, store.get(keys.digest));
  if (digest) at.digest = digest_of(as_bytes(*digest), at);
  HashSum sum;
  TRY(store.each(keys.first_row, keys.end, pace, [&](std::string_view key, Bytes value) {
    sum.add(key.substr(RowStoreKeys::prefix_bytes), value);
  }));
  return std::optional(StoredSum{partition, at, sum.value()});
}

}  // namespace spate
