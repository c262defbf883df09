// RocksBehind: lets a store of RocksDB do its work in the background behind everything else.
#pragma once
#include <rocksdb/env.h>
#include <rocksdb/options.h>
#include <rocksdb/rate_limiter.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace spate {

/// RocksDB's pools of threads belong to the process: all stores share them, and a thread cannot be
/// raised again. So while a store is behind, its flushes and compactions wait for one thread of its
/// own, and write at a limited rate; then they go to the pools as those of others do.
class RocksBehind final : public rocksdb::EnvWrapper {
 public:
  explicit RocksBehind(rocksdb::Env* target);
  /// Requires: the store is closed.
  ~RocksBehind() override;

  /// Before the store is opened.
  void apply_to(rocksdb::Options& options);
  /// Any thread. `percent` of what it would write at most; 100: no limit, but behind. 0: not
  /// behind; what has begun goes on where it is, unlimited.
  void run_behind(uint64_t percent);

  void Schedule(void (*function)(void*), void* argument, Priority priority, void* tag,
                void (*unscheduled)(void*)) override;
  int UnSchedule(void* tag, Priority priority) override;

 private:
  struct Job {
    void (*function)(void*);
    void* argument;
    void* tag;
    Priority priority;
    void (*unscheduled)(void*);
  };
  void work();

  const std::shared_ptr<rocksdb::RateLimiter> limiter_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  bool is_behind_ = false;
  bool ending_ = false;
  std::thread worker_;
};

}  // namespace spate
