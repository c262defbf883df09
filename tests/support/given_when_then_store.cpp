// Values that move at every write.
#include "tests/support/given_when_then_store.hpp"

#include <cstring>

namespace spate {
namespace {

std::shared_ptr<uint64_t[]> allocate(std::size_t bytes) {
  return std::shared_ptr<uint64_t[]>(new uint64_t[bytes / 8 + 1]());
}

}  // namespace

Bytes ShiftingStore::find(const std::string& key) const {
  const auto found = values_.find(key);
  if (found == values_.end()) return {};
  return {reinterpret_cast<const uint8_t*>(found->second.first.get()), found->second.second};
}

uint8_t* ShiftingStore::edit(const std::string& key, std::size_t size) {
  shift();
  auto& [data, bytes] = values_[key];
  if (data == nullptr) {
    data = allocate(size);
    bytes = size;
  }
  ENSURE(bytes == size);
  return reinterpret_cast<uint8_t*>(data.get());
}

void ShiftingStore::put(const std::string& key, Bytes value) {
  auto data = allocate(value.size());  // before the shift: `value` may lie in this store
  std::memcpy(data.get(), value.data(), value.size());
  shift();
  values_[key] = {std::move(data), value.size()};
}

void ShiftingStore::erase(const std::string& key) {
  shift();
  values_.erase(key);
}

void ShiftingStore::clear() {
  values_.clear();
  spoilt_.clear();
}

void ShiftingStore::shift() {
  spoilt_.clear();
  for (auto& [key, value] : values_) {
    auto moved = allocate(value.second);
    std::memcpy(moved.get(), value.first.get(), value.second);
    std::memset(value.first.get(), 0xDD, value.second);
    spoilt_.push_back(std::exchange(value.first, std::move(moved)));
  }
}

std::map<std::string, std::string> ShiftingStore::dump() const {
  std::map<std::string, std::string> copy;
  for (const auto& [key, value] : values_)
    copy[key].assign(reinterpret_cast<const char*>(value.first.get()), value.second);
  return copy;
}

void MemoryRows::allow(const std::vector<RowName>& names, Mode mode) {
  named_.clear();
  for (const RowName& name : names) named_.insert(key(name));
  mode_ = mode;
}

std::string MemoryRows::key(RowName name) const {
  std::string key(1, static_cast<char>(name.table));
  return key.append(name.sub);
}

std::string MemoryRows::written_key(RowName name) const {
  const bool decide_leaves_rows_alone = mode_ == Mode::writing;
  ENSURE(decide_leaves_rows_alone);
  const bool row_was_named = named_.contains(key(name));
  ENSURE(row_was_named);
  return key(name);
}

Bytes MemoryRows::find(RowName name) {
  const bool row_was_named = named_.contains(key(name));
  ENSURE(row_was_named);
  return store_.find(key(name));
}

uint8_t* MemoryRows::edit(RowName name, std::size_t size) {
  return store_.edit(written_key(name), size);
}
void MemoryRows::put(RowName name, Bytes value) { store_.put(written_key(name), value); }
void MemoryRows::erase(RowName name) { store_.erase(written_key(name)); }

std::string MemoryViewAccess::key(ViewName name) const {
  const bool gathered = projection_.views[name.view].merge != nullptr;
  std::string key(1, static_cast<char>(name.view));
  if (!gathered) key += stream_;
  key += '\0';
  return key.append(name.key);
}

uint8_t* MemoryViewAccess::edit(ViewName name) {
  const Bytes value = store_.find(key(name));
  const bool view_exists = value.data() != nullptr;
  ENSURE(view_exists);
  return store_.edit(key(name), value.size());
}

std::vector<std::pair<std::string, Bytes>> MemoryViewAccess::items(uint8_t view) const {
  std::vector<std::pair<std::string, Bytes>> found;
  const std::string prefix = key({view, {}});
  for (const auto& [key, value] : store_.all())
    if (key.starts_with(prefix)) found.emplace_back(key.substr(prefix.size()), store_.find(key));
  return found;
}

}  // namespace spate
