// Reads borrow from the partition's views; the first change makes a copy of its own.
#include "engine/projector/staged_views.hpp"

#include <algorithm>

#include "engine/base/hash.hpp"

namespace spate {

void StagedViews::prefetch(std::string_view stream, ProjectionTable::Name name, Bytes payload) {
  names_.clear();
  name(payload, names_);
  for (const ViewName& view : names_) {
    view_key(views_.id(), shape(view).scope, view, stream, key_);
    views_.prefetch(xxh3_64(as_bytes(key_)));
  }
}

void StagedViews::begin(std::string_view stream, Instant at) {
  ENSURE(is_key_text(stream));
  stream_ = stream;
  at_ = at;
}

void StagedViews::clear() {
  map_.clear();
  changes_.clear();
  left_ = {};
  std::fill(met_.begin(), met_.end(), nullptr);
  fault_.reset();
}

ViewShape StagedViews::shape(ViewName name) const {
  ENSURE(name.view < shapes_.size());
  return shapes_[name.view];
}

ViewEntry& StagedViews::entry(ViewName name) {
  const ViewScope scope = shape(name).scope;
  ENSURE((scope == ViewScope::stream) == name.key.empty());
  ENSURE(is_key_text(name.key));
  ViewEntry*& met = met_[name.view];
  if (is_met(met, scope, name)) return *met;
  view_key(views_.id(), scope, name, stream_, key_);
  return *(met = &entry_of_key(key_));
}

/// An event uses a view more than once, and the events of one stream often follow one another.
bool StagedViews::is_met(const ViewEntry* met, ViewScope scope, ViewName name) const {
  if (met == nullptr) return false;
  std::string_view body = body_in(met->key());
  if (scope == ViewScope::gathered) return body == name.key;
  if (scope == ViewScope::stream) return body == stream_;
  return body.size() == stream_.size() + 1 + name.key.size() && body.starts_with(stream_) &&
         body.ends_with(name.key);
}

ViewEntry& StagedViews::entry_of_key(std::string_view key) {
  const uint64_t hash = xxh3_64(as_bytes(key));
  if (ViewEntry* staged = map_.find(key, hash)) return *staged;
  ViewEntry& fresh = map_.insert(key, hash);
  load(fresh);
  return fresh;
}

void StagedViews::load(ViewEntry& entry) {
  if (const auto [found, is_active] = views_.find_in_memory(entry.key(), entry.hash); found) {
    entry.active = is_active ? found : nullptr;
    entry.value = found->value;  // borrowed: room stays 0
    entry.value_bytes = found->value_bytes;
    return;
  }
  const auto found = views_.store().get(entry.key(), loaded_);
  if (!found) {
    fault_ = found.error();
    ensure_failed("the view store can be read", __FILE__, __LINE__);
  }
  if (*found) map_.assign(entry, as_bytes(loaded_));
}

/// Before its content changes.
void StagedViews::change(ViewEntry& entry) {
  if (entry.dirty) return;
  entry.dirty = true;
  if (entry.active == nullptr && entry.value != nullptr) left_.remove(entry.key(), entry.bytes());
  changes_.push_back(&entry);
}

Bytes StagedViews::find(ViewName name) { return entry(name).bytes(); }

uint8_t* StagedViews::edit(ViewName name) {
  ViewEntry& view = entry(name);
  ENSURE(view.value != nullptr);
  change(view);
  if (view.value_room == 0) map_.assign(view, view.bytes());
  return view.value;
}

void StagedViews::put(ViewName name, Bytes value) {
  ENSURE(value.data() != nullptr);
  const ViewShape of = shape(name);
  ViewEntry& view = entry(name);
  const bool is_new = view.value == nullptr;
  change(view);
  map_.assign(view, value);
  if (!is_new || !of.newest_first || of.scope != ViewScope::stream) return;
  newest_key(views_.id(), name.view, at_, stream_, key_);
  ViewEntry& index = entry_of_key(key_);
  change(index);
  map_.assign(index, as_bytes(std::string_view("")));
}

void StagedViews::erase(ViewName name) {
  const ViewShape of = shape(name);
  // Its place in the list hangs on the time of its first outcome, which a second one would not
  // know.
  ENSURE(!(of.newest_first && of.scope == ViewScope::stream));
  ViewEntry& view = entry(name);
  if (view.value == nullptr) return;
  change(view);
  map_.assign(view, {});
}

}  // namespace spate
