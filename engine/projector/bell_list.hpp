// BellList: bells that are rung together; adding one needs no lock on the ringing side.
#pragma once
#include <array>
#include <atomic>

#include "engine/base/bell.hpp"
#include "engine/base/ensure.hpp"

namespace spate {

class BellList {
 public:
  static constexpr std::size_t bells_max = 256;

  /// Any thread. The bell must outlive the list.
  void add(Bell* bell) {
    const std::size_t at = count_.fetch_add(1);
    ENSURE(at < bells_max);
    bells_[at].store(bell);
  }
  void ring() {
    for (std::size_t i = 0; i < count_.load(); ++i)
      if (Bell* bell = bells_[i].load()) bell->ring();
  }

 private:
  std::atomic<std::size_t> count_{0};
  std::array<std::atomic<Bell*>, bells_max> bells_{};
};

}  // namespace spate
