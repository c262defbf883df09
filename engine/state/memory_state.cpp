// MemoryState: what is safe, what is there now, and the batches between the two.
#include "engine/state/memory_state.hpp"

#include "engine/base/ensure.hpp"

namespace spate {
namespace {
constexpr std::size_t unflushed_batches_max = 64;  // then the oldest becomes safe by itself
}

void MemoryState::Contents::apply(const Batch& batch) {
  if (batch.clears) rows.clear();
  for (const auto& [key, value] : batch.rows) {
    if (value) rows.insert_or_assign(key, *value);
    else rows.erase(key);
  }
  at = batch.at;
}

Result<void> MemoryState::failure() {
  if (failures_ == 0) return {};
  --failures_;
  return stop(failure_code_, "the test asked for this failure");
}

Result<std::optional<Checkpoint>> MemoryState::checkpoint() {
  const std::lock_guard lock(mutex_);
  TRY(failure());
  return now_.at;
}

Result<void> MemoryState::get(std::span<const std::string_view> keys,
                              std::vector<std::optional<std::string>>& values) {
  const std::lock_guard lock(mutex_);
  TRY(failure());
  for (std::string_view key : keys) {
    const auto found = now_.rows.find(key);
    values.push_back(found == now_.rows.end() ? std::nullopt : std::optional(found->second));
  }
  return {};
}

Result<void> MemoryState::write(std::span<const RowWrite> rows, const Checkpoint& at) {
  const std::lock_guard lock(mutex_);
  TRY(failure());
  Batch batch{.at = at};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    ENSURE(i == 0 || rows[i - 1].key < rows[i].key);
    std::optional<std::string> value;
    if (rows[i].value.data() != nullptr) value = std::string(as_text(rows[i].value));
    batch.rows.emplace_back(rows[i].key, std::move(value));
  }
  now_.apply(batch);
  unflushed_.push_back(std::move(batch));
  if (unflushed_.size() > unflushed_batches_max) {
    safe_.apply(unflushed_.front());
    unflushed_.pop_front();
  }
  return {};
}

Result<void> MemoryState::each(const std::function<void(std::string_view, Bytes)>& visit) {
  const std::lock_guard lock(mutex_);
  TRY(failure());
  for (const auto& [key, value] : now_.rows) visit(key, as_bytes(value));
  return {};
}

Result<void> MemoryState::clear() {
  const std::lock_guard lock(mutex_);
  TRY(failure());
  unflushed_.push_back({.clears = true});
  now_.apply(unflushed_.back());
  return {};
}

void MemoryState::flush() {
  const std::lock_guard lock(mutex_);
  for (const Batch& batch : unflushed_) safe_.apply(batch);
  unflushed_.clear();
}

void MemoryState::crash(std::size_t keep_batches) {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < unflushed_.size() && i < keep_batches; ++i)
    safe_.apply(unflushed_[i]);
  unflushed_.clear();
  now_ = safe_;
}

std::size_t MemoryState::unflushed_batches() const {
  const std::lock_guard lock(mutex_);
  return unflushed_.size();
}

void MemoryState::fail_next(std::size_t count, std::string code) {
  const std::lock_guard lock(mutex_);
  failures_ = count;
  failure_code_ = std::move(code);
}

}  // namespace spate
