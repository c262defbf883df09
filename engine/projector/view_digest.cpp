// Links of a chain: one pass, little memory.
#include "engine/projector/view_digest.hpp"

#include "engine/projector/merged_views.hpp"

namespace spate {
namespace {

constexpr std::size_t link_bytes = 64 << 10;

}  // namespace

void ViewDigest::begin() {
  bytes_.clear();
  bytes_.append({reinterpret_cast<const uint8_t*>(&link_), sizeof link_});
}

void ViewDigest::add(std::string_view key, std::string_view value) {
  const uint32_t sizes[2] = {static_cast<uint32_t>(key.size()),
                             static_cast<uint32_t>(value.size())};
  bytes_.append({reinterpret_cast<const uint8_t*>(sizes), sizeof sizes});
  bytes_.append(as_bytes(key));
  bytes_.append(as_bytes(value));
  if (bytes_.size() < link_bytes) return;
  link_ = xxh3_128(bytes_);
  begin();
}

Result<Hash128> view_digest(PartitionViews& partition, std::size_t views) {
  ViewDigest digest;
  TRY(each_view(partition, views, [&](std::string_view key, std::string_view value) {
    digest.add(key, value);
  }));
  return digest.end();
}

Result<void> each_view(PartitionViews& partition, std::size_t views,
                       const std::function<void(std::string_view, std::string_view)>& visit) {
  std::string value;
  for (std::size_t view = 0; view < views; ++view) {
    for (const ViewSection section : {ViewSection::views, ViewSection::newest}) {
      MergedViews merged({&partition},
                         section_range(partition.id().domain, static_cast<uint8_t>(view), section));
      while (merged.next())
        if (partition_in(merged.key()) == partition.id() && merged.value(value))
          visit(merged.key(), value);
      TRY(merged.status());
    }
  }
  return {};
}

}  // namespace spate
