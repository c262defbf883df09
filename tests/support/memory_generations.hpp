// MemoryGenerations: generations of views in memory, and crashes that take what was not flushed.
#pragma once
#include <functional>
#include <map>

#include "engine/projector/memory_views.hpp"
#include "engine/replay/generation_home.hpp"

namespace spate {

/// What it holds outlives every Generations over it.
class MemoryGenerations final : public GenerationHome {
 public:
  std::string no_room;       ///< why there is none; empty: there is
  std::string plan_failure;  ///< why plans cannot be saved
  std::string write_failure;  ///< why views cannot be written
  std::function<void()> on_save;  ///< after each
  Step arranges = Step::idle;  ///< what a store says that is asked to put itself in order

  Result<std::string> plan() override { return plan_; }
  Result<void> save_plan(const std::string& text) override {
    if (!plan_failure.empty()) return stop("file_failed", plan_failure);
    plan_ = text;
    if (on_save) on_save();
    return {};
  }
  Result<std::vector<uint32_t>> present() override {
    std::vector<uint32_t> numbers;
    for (const auto& [number, views] : stores_) numbers.push_back(number);
    return numbers;
  }
  Result<std::unique_ptr<ViewStore>> open(uint32_t number) override {
    return std::unique_ptr<ViewStore>(std::make_unique<Opened>(stores_[number], *this));
  }
  Result<void> remove(uint32_t number) override {
    stores_.erase(number);
    return {};
  }
  Result<void> check_room_for_another() override { return room(); }
  Result<void> check_room_to_go_on() override { return room(); }

  MemoryViews& of(uint32_t number) { return stores_.at(number); }
  /// `kept(n)`: how many of n unflushed writes of a store survive.
  template <class Kept>
  void crash(Kept kept) {
    for (auto& [number, views] : stores_) views.crash(kept(views.unflushed()));
  }

 private:
  /// A store is closed by its owner; what it held stays here.
  class Opened final : public ViewStore {
   public:
    Opened(MemoryViews& views, const MemoryGenerations& home) : views_(views), home_(home) {}
    Result<std::optional<Checkpoint>> checkpoint(PartitionId partition) override {
      return views_.checkpoint(partition);
    }
    Result<bool> get(std::string_view key, std::string& value) override {
      return views_.get(key, value);
    }
    std::unique_ptr<ViewCursor> scan(const KeyRange& range) override { return views_.scan(range); }
    std::unique_ptr<ViewSnapshot> snapshot() override { return views_.snapshot(); }
    Result<void> write(PartitionId partition, std::span<const ViewWrite> views,
                       const Checkpoint& at) override {
      if (!home_.write_failure.empty()) return stop("views_unavailable", home_.write_failure);
      return views_.write(partition, views, at);
    }
    Result<void> flush() override { return views_.flush(); }
    Result<void> clear(PartitionId partition) override { return views_.clear(partition); }
    Result<Step> tend() override { return Step::idle; }
    Result<Step> arrange() override { return home_.arranges; }

   private:
    MemoryViews& views_;
    const MemoryGenerations& home_;
  };
  Result<void> room() const {
    if (no_room.empty()) return {};
    return stop("storage_full", no_room);
  }

  std::string plan_;
  std::map<uint32_t, MemoryViews> stores_;
};

}  // namespace spate
