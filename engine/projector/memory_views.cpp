// An ordered map, and what each write since the last flush replaced.
#include "engine/projector/memory_views.hpp"

namespace spate {

/// Looks its next key up afresh each time, so it survives writes.
class MemoryViews::Cursor final : public ViewCursor {
 public:
  Cursor(MemoryViews& views, const KeyRange& range) : views_(views), to_(range.to) {
    std::lock_guard lock(views_.mutex_);
    take(views_.views_.lower_bound(range.from));
  }
  bool valid() const override { return valid_; }
  std::string_view key() const override { return key_; }
  Bytes value() const override { return as_bytes(value_); }
  void next() override {
    std::lock_guard lock(views_.mutex_);
    take(views_.views_.upper_bound(key_));
  }
  Result<void> status() const override { return {}; }

 private:
  template <class Found>
  void take(Found found) {
    valid_ = found != views_.views_.end() && found->first < to_;
    if (!valid_) return;
    key_ = found->first;
    value_ = found->second;
  }

  MemoryViews& views_;
  const std::string to_;
  bool valid_ = false;
  std::string key_;
  std::string value_;
};

Result<std::optional<Checkpoint>> MemoryViews::checkpoint(PartitionId partition) {
  std::lock_guard lock(mutex_);
  const auto found = checkpoints_.find(partition);
  if (found == checkpoints_.end()) return std::optional<Checkpoint>{};
  return std::optional(found->second);
}

Result<bool> MemoryViews::get(std::string_view key, std::string& value) {
  std::lock_guard lock(mutex_);
  const auto found = views_.find(key);
  if (found == views_.end()) return false;
  value = found->second;
  return true;
}

std::unique_ptr<ViewCursor> MemoryViews::scan(const KeyRange& range) {
  return std::make_unique<Cursor>(*this, range);
}

/// A copy.
class MemoryViews::Snapshot final : public ViewSnapshot {
 public:
  explicit Snapshot(const MemoryViews& views) {
    copy_.views_ = views.views_;
    copy_.checkpoints_ = views.checkpoints_;
  }
  Result<std::optional<Checkpoint>> checkpoint(PartitionId partition) override {
    return copy_.checkpoint(partition);
  }
  std::unique_ptr<ViewCursor> scan(const KeyRange& range) override { return copy_.scan(range); }

 private:
  MemoryViews copy_;
};

std::unique_ptr<ViewSnapshot> MemoryViews::snapshot() {
  std::lock_guard lock(mutex_);
  return std::make_unique<Snapshot>(*this);
}

void MemoryViews::set(std::string_view key, Bytes value, Undo& undo) {
  const auto found = views_.find(key);
  auto& [undo_key, old] = undo.values.emplace_back(std::string(key), std::nullopt);
  if (found != views_.end()) old = found->second;
  if (value.data() == nullptr) {
    if (found != views_.end()) views_.erase(found);
  } else {
    views_.insert_or_assign(undo_key, std::string(as_text(value)));
  }
}

Result<void> MemoryViews::write(PartitionId partition, std::span<const ViewWrite> views,
                                const Checkpoint& at) {
  std::lock_guard lock(mutex_);
  Undo undo{partition, std::nullopt, {}};
  const auto before = checkpoints_.find(partition);
  if (before != checkpoints_.end()) undo.checkpoint = before->second;
  for (const ViewWrite& view : views) set(view.key, view.value, undo);
  checkpoints_.insert_or_assign(partition, at);
  undo_.push_back(std::move(undo));
  return {};
}

Result<void> MemoryViews::flush() {
  std::lock_guard lock(mutex_);
  undo_.clear();
  return {};
}

Result<void> MemoryViews::clear(PartitionId partition) {
  std::lock_guard lock(mutex_);
  const KeyRange range = domain_range(partition.domain);
  auto at = views_.lower_bound(range.from);
  while (at != views_.end() && at->first < range.to)
    at = partition_in(at->first) == partition ? views_.erase(at) : std::next(at);
  checkpoints_.erase(partition);
  std::erase_if(undo_, [&](const Undo& undo) { return undo.partition == partition; });
  return {};
}

std::size_t MemoryViews::unflushed() const {
  std::lock_guard lock(mutex_);
  return undo_.size();
}

void MemoryViews::crash(std::size_t kept) {
  std::lock_guard lock(mutex_);
  while (undo_.size() > kept) {
    Undo& undo = undo_.back();
    for (auto at = undo.values.rbegin(); at != undo.values.rend(); ++at) {
      if (at->second)
        views_.insert_or_assign(at->first, std::move(*at->second));
      else
        views_.erase(at->first);
    }
    if (undo.checkpoint)
      checkpoints_.insert_or_assign(undo.partition, *undo.checkpoint);
    else
      checkpoints_.erase(undo.partition);
    undo_.pop_back();
  }
  undo_.clear();  // what survived is on disk
}

}  // namespace spate
