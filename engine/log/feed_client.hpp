// FeedClient: the narrow port to the topics that the engine writes for others to read, and to the
// notes of how far it has come with them.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/bell.hpp"
#include "engine/base/result.hpp"
#include "engine/log/kafka_client.hpp"

namespace spate {

struct FeedTopic {
  std::string name;
  uint16_t partitions = 0;
};

/// Notes by key, the last of each.
using FeedNotes = std::map<std::string, std::string>;

/// What a client hears. Calls come out of `FeedClient::poll`.
class FeedSink {
 public:
  virtual ~FeedSink() = default;
  virtual void delivered(uint64_t token) = 0;
  /// It may be in its topic nevertheless.
  virtual void failed(uint64_t token, const std::string& reason) = 0;
};

/// Threads: all calls by one.
class FeedClient {
 public:
  enum class Sent : uint8_t { yes, full };
  virtual ~FeedClient() = default;

  virtual const std::vector<FeedTopic>& topics() const = 0;
  /// To one of `topics()`, behind all sent before to that partition. Key or value with null data:
  /// none. Full: nothing was taken, try again after reports.
  virtual Sent send(std::size_t topic, uint16_t partition, uint64_t token, Bytes key, Bytes value,
                    std::span<const KafkaHeader> headers) = 0;
  /// Replaces the note of `key`, at some time from now on; nobody hears of it.
  virtual Sent note(const std::string& key, const std::string& text) = 0;
  /// All notes that were there when it was called. Blocks for a bounded time. Faults: `retry`.
  virtual Result<const FeedNotes*> notes() = 0;
  /// Hands over reports. Never blocks. True: there were some.
  virtual bool poll(FeedSink& sink) = 0;
  /// Gives up what is under way: no report of it comes any more.
  virtual void reopen() = 0;
  /// Waits until all that was sent and noted is there, at most so long.
  virtual void flush(int64_t ms_max) = 0;
  virtual void on_event(Bell* bell) = 0;
};

}  // namespace spate
