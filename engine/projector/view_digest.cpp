//   digest := the last link; link := XXH3-128(link before, views of about 64 KiB)
//   view   := key_bytes:u32 value_bytes:u32 key value
#include "engine/projector/view_digest.hpp"

#include "engine/projector/merged_views.hpp"

namespace spate {
namespace {

constexpr std::size_t link_bytes = 64 << 10;

class Digest {
 public:
  Digest() { begin(); }
  void add(std::string_view key, std::string_view value) {
    const uint32_t sizes[2] = {static_cast<uint32_t>(key.size()),
                               static_cast<uint32_t>(value.size())};
    bytes_.append({reinterpret_cast<const uint8_t*>(sizes), sizeof sizes});
    bytes_.append(as_bytes(key));
    bytes_.append(as_bytes(value));
    if (bytes_.size() < link_bytes) return;
    link_ = xxh3_128(bytes_);
    begin();
  }
  Hash128 end() const { return xxh3_128(bytes_); }

 private:
  void begin() {
    bytes_.clear();
    bytes_.append({reinterpret_cast<const uint8_t*>(&link_), sizeof link_});
  }
  Hash128 link_;
  ByteBuffer bytes_;
};

}  // namespace

Result<Hash128> view_digest(PartitionViews& partition, std::size_t views) {
  Digest digest;
  std::string value;
  for (std::size_t view = 0; view < views; ++view) {
    for (const ViewSection section : {ViewSection::views, ViewSection::newest}) {
      MergedViews merged({&partition},
                         section_range(partition.id().domain, static_cast<uint8_t>(view), section));
      while (merged.next())
        if (partition_in(merged.key()) == partition.id() && merged.value(value))
          digest.add(merged.key(), value);
      TRY(merged.status());
    }
  }
  return digest.end();
}

}  // namespace spate
