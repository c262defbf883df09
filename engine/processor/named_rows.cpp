// Keys of a batch in one buffer, found again by (table, sub).
#include "engine/processor/named_rows.hpp"

namespace spate {

void BatchKeys::clear() {
  bytes_.clear();
  slots_.clear();
}

BatchKeys::Range BatchKeys::add(std::string_view stream, std::span<const RowName> names) {
  const Range range{static_cast<uint32_t>(slots_.size()), static_cast<uint32_t>(names.size()) + 1};
  const auto add_key = [&](RowName name) {
    const std::size_t size = 1 + stream.size() + 1 + name.sub.size();
    const auto offset = static_cast<uint32_t>(bytes_.size());
    uint8_t* at = bytes_.grow(size);
    *at++ = name.table;
    at = std::copy(stream.begin(), stream.end(), at);
    *at++ = 0;
    std::copy(name.sub.begin(), name.sub.end(), at);
    slots_.push_back({name, offset, static_cast<uint32_t>(size)});
  };
  add_key({stream_table, {}});
  for (const RowName& name : names) add_key(name);
  return range;
}

Result<void> BatchKeys::prefetch(RowTable& rows) {
  keys_.clear();
  const auto* texts = reinterpret_cast<const char*>(bytes_.data());
  for (const Slot& slot : slots_) keys_.push_back(rows.hashed({texts + slot.offset, slot.size}));
  return rows.prefetch(keys_);
}

const HashedKey& NamedRows::key_of(RowName name) const {
  for (const BatchKeys::Slot& slot : slots_)
    if (slot.name.table == name.table && slot.name.sub == name.sub) return keys_.key(slot);
  ensure_failed("a row is named by rows() before decide or evolve touches it", __FILE__, __LINE__);
}

StreamRow NamedRows::stream() const {
  StreamRow row;
  const Bytes stored = table_.find(keys_.key(slots_.front()));
  if (stored.data() != nullptr) std::memcpy(&row, stored.data(), sizeof row);
  return row;
}

StreamRow& NamedRows::edit_stream() {
  return *reinterpret_cast<StreamRow*>(table_.edit(keys_.key(slots_.front()), sizeof(StreamRow)));
}

}  // namespace spate
