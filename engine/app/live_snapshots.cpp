// A thread for each, since one that has gone behind the others cannot come back.
#include "engine/app/live_snapshots.hpp"

#include <pthread.h>

#include "engine/base/behind.hpp"
#include "engine/base/json_writer.hpp"
#include "engine/codec/rfc3339.hpp"

namespace spate {

LiveSnapshots::~LiveSnapshots() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

Result<void> LiveSnapshots::take(SnapshotWish wish) {
  const std::lock_guard lock(mutex_);
  if (stage_ == Stage::running)
    return stop("snapshot_conflict", "a snapshot into " + wish_.folder + " is being taken");
  const std::optional<SegmentEnd> end = engine_.home().durable_end();
  if (!end)
    return stop("snapshot_elsewhere", "the log of this server is on Kafka: topics are kept by the "
                                      "brokers' own means");
  if (thread_.joinable()) thread_.join();  // ended: the stage says so
  stage_ = Stage::running;
  wish_ = wish;
  began_ns_ = clock_.monotonic_ns();
  progress_.bytes = 0;
  progress_.bytes_of = 0;
  taken_.reset();
  fault_.reset();
  thread_ = std::thread([this, wish = std::move(wish), end = *end] { run(wish, end); });
  return {};
}

void LiveSnapshots::run(const SnapshotWish& wish, const SegmentEnd& end) {
  pthread_setname_np(pthread_self(), "snapshot");
  go_behind();
  SnapshotOrder order;
  order.data = config_.data;
  order.end = end;
  order.now = clock_.wall();
  order.folder = wish.folder;
  order.name = wish.name;
  order.keep_free_bytes = config_.log.disk_free_bytes_min + 2 * config_.log.segment_bytes;
  order.pace = at_rate(clock_, wish.rate_bytes, stopping_);
  order.progress = &progress_;
  Result<TakenSnapshot> taken = take_snapshot(order);
  const std::lock_guard lock(mutex_);
  took_ns_ = clock_.monotonic_ns() - began_ns_;
  stage_ = taken ? Stage::done : Stage::failed;
  if (taken) taken_ = std::move(*taken);
  else fault_ = std::move(taken.error());
}

std::string LiveSnapshots::status() const {
  const std::lock_guard lock(mutex_);
  static constexpr const char* stages[] = {"none", "running", "done", "failed"};
  std::string json;
  JsonWriter out(json);
  out.begin_object();
  out.member("stage", stages[static_cast<std::size_t>(stage_)]);
  if (stage_ != Stage::none) {
    out.member("directory", wish_.folder);
    const int64_t ns =
        stage_ == Stage::running ? clock_.monotonic_ns() - began_ns_ : took_ns_;
    out.member("milliseconds", ns / 1'000'000);
    out.member("bytes_read", progress_.bytes.load());
    out.member("bytes_to_read", progress_.bytes_of.load());
  }
  if (taken_) write_taken(*taken_, out);
  if (fault_) {
    out.member("code", fault_->code);
    out.member("reason", fault_->detail);
  }
  out.end_object();
  return json;
}

void write_taken(const TakenSnapshot& taken, JsonWriter& out) {
  out.member("name", taken.name);
  out.member("outcomes", taken.snapshot.outcomes());
  out.member("bytes", taken.snapshot.bytes());
  out.member("reused_bytes", taken.reused_bytes);
  out.member("linked_bytes", taken.linked_bytes);
  out.member("copied_bytes", taken.copied_bytes);
}

}  // namespace spate
