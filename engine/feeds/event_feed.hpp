// EventFeed: the events of accepted outcomes as CloudEvents (JSON), for systems that only read.
#pragma once
#include <memory>

#include "engine/feeds/feed_rendering.hpp"

namespace spate {

/// The events of the outcome rendered last, for all feeds that want the same one.
class EventTexts {
 public:
  struct Text {
    std::string json;
    const EventPlan* plan;  ///< of the event's newest version
  };
  /// Valid until the next call. Faults: `unknown_event` (stop): a newer build wrote it;
  /// `upcast_failed` (stop).
  Result<const std::vector<Text>*> of(const FeedPlace& place, const RecordView& record);

 private:
  std::optional<std::pair<PartitionId, uint64_t>> rendered_;
  std::vector<Text> texts_;
};

/// One record an event, in structured mode, under its stream as key:
///
///   {"specversion":"1.0","id":"POSITION.0","source":"/spate/orders/3",
///    "type":"spate.orders.order_placed","subject":"o-17","time":"2026-11-25T11:08:15.1234Z",
///    "sequence":"00000000000000000042.000","commandid":"…32 hex digits…","partitionkey":"o-17",
///    "datacontenttype":"application/json","data":{…the fields of the event…}}
///
/// An event is sent in its newest version (`order_placed_v2`), whichever was written.
/// Source and id together are one event for ever; of one source sequences sort as text, so that a
/// reader who keeps the last one drops what comes twice. Fields marked secret are left out.
class EventFeed final : public FeedRendering {
 public:
  /// `partitions` of its topic. Larger values than `value_bytes_max` go without data and say so.
  EventFeed(std::string name, std::vector<std::string> domains, std::size_t topic,
            uint16_t partitions, std::size_t value_bytes_max,
            std::shared_ptr<EventTexts> texts = std::make_shared<EventTexts>());

  const std::string& name() const override { return name_; }
  bool has(const DomainPlan& domain) const override;
  /// Faults: of EventTexts.
  Result<void> render(const FeedPlace& place, const RecordView& record,
                      std::vector<FeedRecord>& out) override;

 private:
  const std::string name_;
  const std::vector<std::string> domains_;
  const std::size_t topic_;
  const uint16_t partitions_;
  const std::size_t value_bytes_max_;
  const std::shared_ptr<EventTexts> texts_;
};

}  // namespace spate
