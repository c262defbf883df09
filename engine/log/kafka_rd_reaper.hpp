// KafkaRdReaper: ends client instances on a thread of its own, because their end may take for ever.
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace spate {

/// librdkafka's destroy can hang; nobody who has work to do waits for it.
class KafkaRdReaper {
 public:
  explicit KafkaRdReaper(int64_t close_ms_max);
  /// Waits for all that was given, `close_ms_max` at the longest; then what hangs is abandoned,
  /// with its memory and threads: the process is about to end.
  ~KafkaRdReaper();
  KafkaRdReaper(const KafkaRdReaper&) = delete;
  KafkaRdReaper& operator=(const KafkaRdReaper&) = delete;

  /// `end` is called once, on the reaper's thread. Any thread.
  void take(std::function<void()> end);
  /// Waiting to be ended. Grows when one hangs: a limit of it is the caller's.
  std::size_t waiting() const;

 private:
  struct Shared {  // outlives the reaper when its thread is abandoned
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::function<void()>> given;
    bool ending = false;
    bool idle = true;
  };
  static void run(const std::shared_ptr<Shared>& shared);

  const int64_t close_ms_max_;
  const std::shared_ptr<Shared> shared_;
  std::thread thread_;
};

}  // namespace spate
