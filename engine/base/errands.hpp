// Errands: what other threads ask of a component that one thread steps; run between two steps.
#pragma once
#include <atomic>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace spate {

/// While there is none, a step pays one load for it.
class Errands {
 public:
  using Errand = std::function<void()>;

  /// Any thread. Wake the component's thread afterwards.
  void post(Errand errand) {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(errand));
    pending_.store(true, std::memory_order_release);
  }
  /// Any thread. Everything that was posted has been run.
  bool done() const { return !pending_.load(std::memory_order_acquire); }
  /// The component's thread, where nothing is half done.
  void run() {
    if (done()) return;
    const std::lock_guard lock(mutex_);
    for (Errand& errand : posted_) errand();
    posted_.clear();
    pending_.store(false, std::memory_order_release);
  }

 private:
  std::mutex mutex_;
  std::vector<Errand> posted_;
  std::atomic<bool> pending_{false};
};

}  // namespace spate
