// OwnerTable: a directory of owners that is told by whoever learns of a move.
#pragma once
#include <atomic>
#include <mutex>
#include <vector>

#include "engine/cluster/owner_directory.hpp"

namespace spate {

/// Nobody owns anything until it is told. Any thread may call anything.
class OwnerTable final : public OwnerDirectory {
 public:
  explicit OwnerTable(std::size_t partitions) : owners_(partitions) {}

  Owner owner(uint32_t dense) const override {
    std::lock_guard lock(mutex_);
    return owners_.at(dense);
  }
  uint64_t version() const override { return version_.load(std::memory_order_acquire); }
  void on_change(Bell* bell) override {
    std::lock_guard lock(mutex_);
    bell_ = bell;
  }

  void set(uint32_t dense, Owner owner) {
    std::lock_guard lock(mutex_);
    if (owners_.at(dense) == owner) return;
    owners_[dense] = std::move(owner);
    version_.fetch_add(1, std::memory_order_release);
    if (bell_ != nullptr) bell_->ring();
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Owner> owners_;
  std::atomic<uint64_t> version_{1};
  Bell* bell_ = nullptr;
};

}  // namespace spate
