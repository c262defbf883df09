// Letterbox: what one thread leaves for another, bounded; nobody waits at it.
#pragma once
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>

namespace spate {

/// In order. Any thread may call anything; the lock is held for a move of one letter.
template <class Letter>
class Letterbox {
 public:
  explicit Letterbox(std::size_t letters_max) : letters_max_(letters_max) {}

  /// False: it is full, and the letter is lost.
  bool put(Letter letter) {
    const std::lock_guard lock(mutex_);
    if (letters_.size() >= letters_max_) return false;
    letters_.push_back(std::move(letter));
    return true;
  }
  std::optional<Letter> take() {
    const std::lock_guard lock(mutex_);
    if (letters_.empty()) return std::nullopt;
    std::optional<Letter> letter(std::move(letters_.front()));
    letters_.pop_front();
    return letter;
  }

 private:
  const std::size_t letters_max_;
  std::mutex mutex_;
  std::deque<Letter> letters_;
};

}  // namespace spate
