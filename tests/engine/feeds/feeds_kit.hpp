// A log in memory, a client that remembers what it was sent, and feeds between them.
#pragma once
#include <gtest/gtest.h>

#include <deque>

#include "engine/api/envelope.hpp"
#include "engine/feeds/outcome_feeds.hpp"
#include "engine/log/chain.hpp"
#include "engine/log/memory_log.hpp"
#include "schemas/orders_generated.h"
#include "tests/support/virtual_clock.hpp"

namespace spate::test {

/// What others would read, and the notes; reports come when the test says so.
class RememberingClient final : public FeedClient {
 public:
  struct Record {
    uint16_t partition;
    std::optional<std::string> key, value;
    std::map<std::string, std::string> headers;
  };
  explicit RememberingClient(std::vector<FeedTopic> topics)
      : sent(topics.size()), topics_(std::move(topics)) {}

  const std::vector<FeedTopic>& topics() const override { return topics_; }
  Sent send(std::size_t topic, uint16_t partition, uint64_t token, Bytes key, Bytes value,
            std::span<const KafkaHeader> headers) override {
    if (unreported.size() >= room) return Sent::full;
    Record record{partition, copy(key), copy(value), {}};
    for (const KafkaHeader& h : headers) record.headers[std::string(h.name)] = as_text(h.value);
    sent[topic].push_back(std::move(record));
    unreported.push_back(token);
    return Sent::yes;
  }
  Sent note(const std::string& key, const std::string& text) override {
    noted[key] = text;
    return Sent::yes;
  }
  Result<const FeedNotes*> notes() override {
    ++asked;
    if (unreachable) return retry("kafka_unreachable", "no broker answers");
    return &noted;
  }
  bool poll(FeedSink& sink) override {
    const bool any = !to_report.empty() || !failure.empty();
    for (const uint64_t token : std::exchange(to_report, {})) sink.delivered(token);
    if (!failure.empty()) sink.failed(0, std::exchange(failure, ""));
    return any;
  }
  void reopen() override {
    ++reopened;
    unreported.clear();
    to_report.clear();
  }
  void flush(int64_t) override { deliver(); }
  void on_event(Bell*) override {}

  /// All that is under way arrived.
  void deliver() {
    for (const uint64_t token : std::exchange(unreported, {})) to_report.push_back(token);
  }

  std::vector<std::vector<Record>> sent;  // by topic
  FeedNotes noted;
  std::deque<uint64_t> unreported, to_report;
  std::string failure;
  std::size_t room = 1'000'000;
  int asked = 0, reopened = 0;
  bool unreachable = false;

 private:
  static std::optional<std::string> copy(Bytes bytes) {
    if (bytes.data() == nullptr) return std::nullopt;
    return std::string(as_text(bytes));
  }
  const std::vector<FeedTopic> topics_;
};

/// Orders with two partitions, of which one is written, and everything that feeds them.
class Feeding : public testing::Test {
 protected:
  static constexpr PartitionId id{1, 1};
  struct Fields {
    envelope::Kind kind = envelope::Kind::accepted;
    std::string stream = "o-1";
    std::vector<std::string> cancelled;  ///< reasons of events `Cancelled`
    uint16_t event_type = 4;
    std::string command;  ///< refused: the whole command
    std::string reason;
    uint64_t origin = 0;
  };

  Feeding()
      : catalog(std::move(*Catalog::load(domains()))),
        log(Topology({{"orders", 1, 2}})),
        place{*catalog->find("orders"), id, 1} {
    owner = *log.acquire(id);
  }

  /// One outcome, durable unless `durably` is false.
  void append(const Fields& fields, bool durably = true) {
    flatbuffers::FlatBufferBuilder builder;
    std::vector<flatbuffers::Offset<envelope::Event>> events;
    for (const std::string& reason : fields.cancelled) {
      flatbuffers::FlatBufferBuilder inner;
      inner.Finish(orders::CreateCancelledDirect(inner, reason.c_str()));
      builder.ForceVectorAlignment(inner.GetSize(), 1, 8);
      events.push_back(envelope::CreateEvent(
          builder, fields.event_type, 0,
          builder.CreateVector(inner.GetBufferPointer(), inner.GetSize())));
    }
    builder.ForceVectorAlignment(fields.command.size(), 1, 8);
    const auto command = builder.CreateVector(
        reinterpret_cast<const uint8_t*>(fields.command.data()), fields.command.size());
    const auto stream = builder.CreateString(fields.stream);
    const auto reason = builder.CreateString(fields.reason);
    const auto listed = builder.CreateVector(events);
    Tail& tail = owner.tail;
    const envelope::Id command_id(7, tail.sequence.value + 1);
    envelope::OutcomeBuilder outcome(builder);
    outcome.add_kind(fields.kind);
    outcome.add_sequence(tail.sequence.value + 1);
    outcome.add_cause(tail.cause.value + 1);
    outcome.add_epoch(owner.epoch.value);
    outcome.add_time(clock.wall().ns);
    outcome.add_chain(tail.chain);
    outcome.add_id(&command_id);
    outcome.add_stream(stream);
    outcome.add_events(listed);
    if (!fields.command.empty()) outcome.add_command(command);
    outcome.add_reason(reason);
    outcome.add_origin(fields.origin);
    builder.Finish(outcome.Finish());
    const Bytes body{builder.GetBufferPointer(), builder.GetSize()};
    auto batch = std::make_shared<RecordBatch>(id, LogSide::outcomes);
    batch->add(tail.sequence.value + 1, clock.wall(), body);
    ASSERT_EQ(log.append_outcomes(id, owner.epoch, tail.sequence.next(), batch), Taken::yes);
    tail.sequence = tail.sequence.next();
    tail.cause = tail.cause.next();
    tail.chain = next_chain(body);
    if (durably) log.make_durable(id);
  }
  void append_events(int from, int to) {
    for (int i = from; i <= to; ++i) append({.cancelled = {std::to_string(i)}});
  }

  const std::unique_ptr<Catalog> catalog;
  VirtualClock clock;
  MemoryLog log;
  const FeedPlace place;
  Ownership owner;
};

}  // namespace spate::test
