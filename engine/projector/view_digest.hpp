// The digest of views: the same for the same outcomes, whatever lies in which layer.
//   digest := the last link; link := XXH3-128(link before, views of about 64 KiB)
//   view   := key_bytes:u32 value_bytes:u32 key value
#pragma once
#include <functional>

#include "engine/base/hash.hpp"
#include "engine/projector/partition_views.hpp"

namespace spate {

/// Over keys and stored bytes, in the order in which they are added.
class ViewDigest {
 public:
  ViewDigest() { begin(); }
  void add(std::string_view key, std::string_view value);
  Hash128 end() const { return xxh3_128(bytes_); }

 private:
  void begin();
  Hash128 link_;
  ByteBuffer bytes_;
};

/// Every view of a partition, sections one after another, each in key order. Requires: nothing is
/// folded meanwhile.
Result<void> each_view(PartitionViews& partition, std::size_t views,
                       const std::function<void(std::string_view key, std::string_view)>& visit);

/// Of a partition, in key order. Requires: nothing is folded meanwhile.
Result<Hash128> view_digest(PartitionViews& partition, std::size_t views);

}  // namespace spate
