// librdkafka's C handles, each wrapped once so that it is destroyed once.
#pragma once
#include <librdkafka/rdkafka.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "engine/base/bell.hpp"
#include "engine/log/kafka_statistics.hpp"

namespace spate {

template <auto destroy>
struct RdDestroy {
  template <class T>
  void operator()(T* handle) const {
    destroy(handle);
  }
};

template <class T, auto destroy>
using RdHandle = std::unique_ptr<T, RdDestroy<destroy>>;

// clang-format off
using RdConf         = RdHandle<rd_kafka_conf_t,           rd_kafka_conf_destroy>;
using RdTopic        = RdHandle<rd_kafka_topic_t,          rd_kafka_topic_destroy>;
using RdQueue        = RdHandle<rd_kafka_queue_t,          rd_kafka_queue_destroy>;
using RdEvent        = RdHandle<rd_kafka_event_t,          rd_kafka_event_destroy>;
using RdError        = RdHandle<rd_kafka_error_t,          rd_kafka_error_destroy>;
using RdMessage      = RdHandle<rd_kafka_message_t,        rd_kafka_message_destroy>;
using RdHeaders      = RdHandle<rd_kafka_headers_t,        rd_kafka_headers_destroy>;
using RdMetadata     = RdHandle<const rd_kafka_metadata_t, rd_kafka_metadata_destroy>;
using RdNewTopic     = RdHandle<rd_kafka_NewTopic_t,       rd_kafka_NewTopic_destroy>;
using RdConfigs      = RdHandle<rd_kafka_ConfigResource_t, rd_kafka_ConfigResource_destroy>;
using RdAdminOptions = RdHandle<rd_kafka_AdminOptions_t,   rd_kafka_AdminOptions_destroy>;
using RdPlaces       = RdHandle<rd_kafka_topic_partition_list_t,
                                rd_kafka_topic_partition_list_destroy>;
// clang-format on

/// What the client must tell an operator: a broker that is gone, a topic that is not there. Any
/// thread.
using KafkaTell = std::function<void(const std::string&)>;

/// What librdkafka calls from its own threads; lives longer than the handles that refer to it.
class RdCallbacks {
 public:
  explicit RdCallbacks(KafkaTell tell) : tell_(std::move(tell)) {}
  void tell(const std::string& what) const {
    if (tell_) tell_(what);
  }
  /// Lines of librdkafka's own log up to this level of syslog are told; all when it is debugged.
  std::atomic<int> log_level_max{4};
  /// Any thread. Of instances that spoke within the last minute.
  std::vector<KafkaStatistics> statistics() const {
    const std::lock_guard lock(statistics_mutex_);
    std::vector<KafkaStatistics> recent;
    for (const Told& told : statistics_)
      if (std::chrono::steady_clock::now() - told.at < std::chrono::minutes(1))
        recent.push_back(told.what);
    return recent;
  }
  void take_statistics(KafkaStatistics what) {
    const std::lock_guard lock(statistics_mutex_);
    const auto now = std::chrono::steady_clock::now();
    std::erase_if(statistics_, [&](const Told& told) {
      return told.what.instance == what.instance || now - told.at > std::chrono::minutes(1);
    });
    statistics_.push_back({std::move(what), now});
  }
  /// No ring is under way to an earlier bell when it returns.
  void set_bell(Bell* bell) {
    const std::lock_guard lock(mutex_);
    bell_ = bell;
  }
  void ring() {
    const std::lock_guard lock(mutex_);
    if (bell_ != nullptr) bell_->ring();
  }

 private:
  struct Told {
    KafkaStatistics what;
    std::chrono::steady_clock::time_point at;
  };
  const KafkaTell tell_;
  mutable std::mutex statistics_mutex_;  // held to copy or replace
  std::vector<Told> statistics_;
  std::mutex mutex_;
  Bell* bell_ = nullptr;
};

/// A client instance with its threads. `close` and the destructor block until these have ended:
/// leave that to a KafkaRdReaper.
class RdClient {
 public:
  RdClient() = default;
  explicit RdClient(rd_kafka_t* handle) : handle_(handle) {}
  ~RdClient() { close(); }
  RdClient(RdClient&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  RdClient& operator=(RdClient&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }

  rd_kafka_t* get() const { return handle_; }
  rd_kafka_t* release() { return std::exchange(handle_, nullptr); }
  void close() {
    // No consumer close: it could wait for a group or a broker that is gone.
    if (handle_ != nullptr)
      rd_kafka_destroy_flags(release(), RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  }

 private:
  rd_kafka_t* handle_ = nullptr;
};

}  // namespace spate
