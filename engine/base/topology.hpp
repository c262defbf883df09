// Topology: which domains have how many partitions; fixed when a directory or topic is made (B7).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/hash.hpp"
#include "engine/base/ids.hpp"

namespace spate {

/// One domain's place in a log. `number` is stable for the life of the log.
struct DomainPlace {
  std::string name;
  uint16_t number = 0;
  uint16_t partitions = 0;
};

/// Null: no domain has that number.
inline const DomainPlace* find_domain(const std::vector<DomainPlace>& domains, uint16_t number) {
  for (const DomainPlace& place : domains)
    if (place.number == number) return &place;
  return nullptr;
}

class Topology {
 public:
  Topology() = default;
  explicit Topology(std::vector<DomainPlace> domains) : domains_(std::move(domains)) {
    for (const DomainPlace& d : domains_) {
      first_.push_back(static_cast<uint32_t>(partitions_.size()));
      for (uint16_t i = 0; i < d.partitions; ++i) partitions_.push_back({d.number, i});
    }
  }

  const std::vector<DomainPlace>& domains() const { return domains_; }
  /// Every partition, domain by domain; the place in it is the partition's dense index.
  const std::vector<PartitionId>& partitions() const { return partitions_; }
  const DomainPlace* find(std::string_view name) const {
    for (const DomainPlace& d : domains_)
      if (d.name == name) return &d;
    return nullptr;
  }
  /// Requires: `id` is of this topology.
  uint32_t dense_index(PartitionId id) const {
    for (std::size_t i = 0; i < domains_.size(); ++i)
      if (domains_[i].number == id.domain) return first_[i] + id.index;
    ensure_failed("partition belongs to this topology", __FILE__, __LINE__);
  }
  bool contains(PartitionId id) const {
    const DomainPlace* domain = find_domain(domains_, id.domain);
    return domain != nullptr && id.index < domain->partitions;
  }
  static PartitionId partition_for(const DomainPlace& domain, std::string_view stream) {
    return {domain.number, static_cast<uint16_t>(partition_of(stream, domain.partitions))};
  }

 private:
  std::vector<DomainPlace> domains_;
  std::vector<uint32_t> first_;
  std::vector<PartitionId> partitions_;
};

}  // namespace spate
