// A second look before anything is said: what is found ends a server.
#include "engine/app/store_scan.hpp"

#include "engine/base/place_text.hpp"
#include "engine/projector/rocks_view_scan.hpp"
#include "engine/state/rocks_row_scan.hpp"

namespace spate {
namespace {

bool is_damage(const Fault& fault) {
  return fault.code == "store_rot" || fault.code == "rows_rot";
}

}  // namespace

std::string StoreScan::place(PartitionId id, uint32_t generation) const {
  return (generation == 0 ? "the stored rows of " : "the stored views of ") +
         place_text(topology_.domains(), id) +
         (generation == 0 ? "" : ", generation " + std::to_string(generation) + ",");
}

void StoreScan::compare(const std::vector<StoredSum>& sums, uint32_t generation,
                        std::vector<ScanFinding>& found) {
  for (const StoredSum& sum : sums) {
    if (!sum.differs()) continue;
    found.push_back({sum.partition, generation, sum.at.sequence,
                     place(sum.partition, generation) + " at outcome " +
                         std::to_string(sum.at.sequence.value) +
                         " are not what was recorded when they were written"});
  }
}

/// What is found at the first look and not at the second was not on the disk.
Result<void> StoreScan::look(const std::string& directory,
                             const std::vector<PartitionId>& partitions, uint32_t generation,
                             const Read& read) {
  std::vector<ScanFinding> found;
  for (int looks = 0; looks < 2; ++looks) {
    const std::vector<ScanFinding> before = std::exchange(found, {});
    auto store = RocksReading::open(directory);
    Result<std::vector<StoredSum>> sums = std::vector<StoredSum>{};
    if (store) sums = read(**store);
    else sums = pass_on(std::move(store.error()));
    if (!sums && !is_damage(sums.error())) return pass_on(std::move(sums.error()));
    if (sums) {
      compare(*sums, generation, found);
    } else {
      for (const PartitionId id : partitions)
        found.push_back({id, generation, {}, place(id, generation) + " cannot be read: " +
                                                 sums.error().detail});
    }
    if (!found.empty()) continue;
    for (const ScanFinding& once : before)
      report_.notes.push_back(once.text + "; a second look found them right: see to memory and disk");
    for (const StoredSum& sum : *sums) ++(sum.at.digest ? report_.partitions : report_.unrecorded);
    return {};
  }
  report_.partitions += partitions.size();
  report_.findings.insert(report_.findings.end(), found.begin(), found.end());
  return {};
}

Result<void> StoreScan::rows(const std::string& directory) {
  const std::vector<PartitionId>& partitions = topology_.partitions();
  return look(directory, partitions, 0, [&](RocksReading& store) -> Result<std::vector<StoredSum>> {
    std::vector<StoredSum> sums;
    for (const PartitionId id : partitions) {
      TRY(const auto sum, sum_of_rows(store, id, pace_));
      if (sum) sums.push_back(*sum);
    }
    return sums;
  });
}

Result<void> StoreScan::views(uint32_t generation, const std::string& directory) {
  for (const DomainPlace& domain : topology_.domains()) {
    std::vector<PartitionId> partitions;
    for (uint16_t index = 0; index < domain.partitions; ++index)
      partitions.push_back({domain.number, index});
    TRY(look(directory, partitions, generation,
             [&](RocksReading& store) { return sums_of_views(store, domain, pace_); }));
  }
  return {};
}

}  // namespace spate
