// What is done under the lock and what before it.
#include "engine/projector/partition_views.hpp"

#include "engine/base/hash.hpp"
#include "engine/base/prefetch.hpp"

namespace spate {

std::string PartitionViews::stopped() const {
  std::lock_guard lock(lock_);
  return stopped_;
}

Result<bool> PartitionViews::get(std::string_view key, std::string& value) {
  const uint64_t hash = xxh3_64(as_bytes(key));
  {
    std::lock_guard lock(lock_);
    if (const ViewEntry* entry = find_in_memory(key, hash).entry) {
      if (entry->value == nullptr) return false;
      value.assign(as_text(entry->bytes()));
      return true;
    }
  }
  // Not in memory a moment ago: the store held what was current then, or holds something newer.
  return store_.get(key, value);
}

PartitionViews::Layers PartitionViews::layers() const {
  std::lock_guard lock(lock_);
  return {active_, frozen_};
}

bool PartitionViews::copy(const ViewEntry& entry, std::string& value) const {
  std::lock_guard lock(lock_);
  if (entry.value == nullptr) return false;
  value.assign(as_text(entry.bytes()));
  return true;
}

PartitionViews::Found PartitionViews::find_in_memory(std::string_view key, uint64_t hash) const {
  if (ViewEntry* entry = active_->map().find(key, hash)) return {entry, true};
  return {frozen_ == nullptr ? nullptr : frozen_->map().find(key, hash), false};
}

void PartitionViews::prefetch(uint64_t hash) const {
  active_->map().prefetch(hash);
  if (frozen_ != nullptr) frozen_->map().prefetch(hash);
  store_.prefetch(hash);
}

void PartitionViews::publish(std::span<ViewEntry* const> changes, Sequence position,
                             HashSum left) {
  sum_.publish(left);
  ViewMap& map = active_->map();
  {
    std::lock_guard lock(lock_);
    for (const ViewEntry* change : changes) {
      ViewEntry* entry = change->active;
      if (entry == nullptr) entry = &active_->insert(change->key(), change->hash);
      map.assign(*entry, change->bytes());
    }
  }
  position_.store(position.value, std::memory_order_seq_cst);
}

void PartitionViews::stop(std::string reason) {
  std::lock_guard lock(lock_);
  stopped_ = std::move(reason);
}

void PartitionViews::halt(std::string reason) {
  orders_.halt();
  owe({});
  stop(std::move(reason));
}

void PartitionViews::freeze(const Checkpoint& at) {
  ENSURE(frozen_ == nullptr && at.sequence == position());
  auto fresh = std::make_shared<ViewLayer>();
  frozen_bytes_ = active_bytes();
  frozen_at_ = at;
  sum_.freeze();
  {
    std::lock_guard lock(lock_);
    frozen_ = std::move(active_);
    active_ = std::move(fresh);
  }
  phase_.store(Phase::frozen, std::memory_order_release);
}

bool PartitionViews::finish_frozen() {
  if (phase_.load(std::memory_order_acquire) != Phase::written) return false;
  std::shared_ptr<ViewLayer> dropped;
  {
    std::lock_guard lock(lock_);
    dropped.swap(frozen_);
  }
  frozen_bytes_ = 0;
  phase_.store(Phase::idle, std::memory_order_relaxed);
  return true;
}

void PartitionViews::start_at(Sequence sequence, std::optional<Hash128> digest) {
  ENSURE(!has_frozen() && active_->map().count() == 0);
  sum_.start_at(digest);
  last_written_.store(sequence.value, std::memory_order_relaxed);
  position_.store(sequence.value, std::memory_order_seq_cst);
}

void PartitionViews::forget() {
  active_ = std::make_shared<ViewLayer>();
  frozen_.reset();
  frozen_bytes_ = 0;
  phase_.store(Phase::idle, std::memory_order_relaxed);
}

Result<void> PartitionViews::write_frozen() {
  // A thread that writes does it again and again.
  thread_local std::vector<ViewWrite> writes;
  thread_local ViewSortRoom room;
  std::optional<HashSum> sum = sum_.before_write();
  writes.clear();
  {
    const ViewRun run = frozen_->all_ordered(room);
    writes.reserve(run.size());
    for (std::size_t i = 0; i < run.size(); ++i) {
      if (i + 8 < run.size()) prefetch_view(*run[i + 8]);
      writes.push_back({run[i]->key(), run[i]->bytes(), run[i]->hash});
      if (sum && run[i]->value != nullptr) sum->add(run[i]->key(), run[i]->bytes());
    }
  }
  Checkpoint at = frozen_at_;
  at.digest = sum ? std::optional(sum->value()) : std::nullopt;
  sum_.record(at);
  TRY(store_.write(partition_, writes, at));
  sum_.written(sum);
  last_written_.store(frozen_at_.sequence.value, std::memory_order_relaxed);
  phase_.store(Phase::written, std::memory_order_release);
  return {};
}

}  // namespace spate
