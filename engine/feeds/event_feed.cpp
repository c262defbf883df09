// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md, with the
// extensions `sequence` and `partitionkey`.
#include "engine/feeds/event_feed.hpp"

#include <algorithm>
#include <cstdio>

#include "engine/api/envelope.hpp"
#include "engine/base/hash.hpp"
#include "engine/codec/json.hpp"

namespace spate {
namespace {

constexpr const char* structured_type = "application/cloudevents+json; charset=UTF-8";

std::string sortable(uint64_t sequence, std::size_t index) {
  char text[40];
  std::snprintf(text, sizeof text, "%020llu.%03zu", static_cast<unsigned long long>(sequence),
                index);
  return text;
}

struct One {
  const FeedPlace& place;
  const envelope::Outcome& outcome;
  const EventPlan& plan;
  Bytes payload;
  std::string_view position;
  std::size_t index;
};

std::string event_of(const One& one, bool with_data) {
  const envelope::Outcome& outcome = one.outcome;
  const std::string& domain = one.place.domain.name;
  std::string text;
  JsonWriter out(text);
  out.begin_object();
  out.member("specversion", "1.0");
  out.member("id", std::string(one.position) + "." + std::to_string(one.index));
  out.member("source", "/spate/" + domain + "/" + std::to_string(one.place.partition.index));
  out.member("type", "spate." + domain + "." + std::string(one.plan.name()));
  out.member("subject", text_of(outcome.stream()));
  out.member("time", to_rfc3339(Instant{outcome.time()}));
  out.member("sequence", sortable(outcome.sequence(), one.index));
  out.member("commandid", to_hex(id_of(outcome.id())));
  out.member("partitionkey", text_of(outcome.stream()));
  if (with_data) {
    out.member("datacontenttype", "application/json");
    out.key("data");
    out.begin_object();
    write_fields(*one.plan.table, one.payload, nullptr, out);
    out.end_object();
  } else {
    out.member("dataomitted", "too_large");
  }
  out.end_object();
  return text;
}

}  // namespace

Result<const std::vector<EventTexts::Text>*> EventTexts::of(const FeedPlace& place,
                                                            const RecordView& record) {
  const std::pair wanted(place.partition, record.head.number);
  if (rendered_ == wanted) return &texts_;
  rendered_.reset();
  texts_.clear();
  const envelope::Outcome& outcome = outcome_of(record.body);
  const std::string position = feed_position(place, {record.head.number});
  Upcaster upcaster(place.domain.domain->handler->upcasts);
  for (const envelope::Event* event : *outcome.events()) {
    const NewestEvent now = upcaster.newest(event->type(), bytes_of(event->payload()));
    if (now.fault != nullptr)
      return stop("upcast_failed", "outcome " + std::to_string(record.head.number) + " of " +
                                       place.domain.name + "/" +
                                       std::to_string(place.partition.index) + ": " + *now.fault);
    const EventPlan* plan = place.domain.event(now.type);
    if (plan == nullptr)
      return stop("unknown_event", "event " + std::to_string(event->type()) + " of " +
                                       place.domain.name + " is not known to this version");
    texts_.push_back(
        {event_of({place, outcome, *plan, now.payload, position, texts_.size()}, true), plan});
  }
  rendered_ = wanted;
  return &texts_;
}

EventFeed::EventFeed(std::string name, std::vector<std::string> domains, std::size_t topic,
                     uint16_t partitions, std::size_t value_bytes_max,
                     std::shared_ptr<EventTexts> texts)
    : name_(std::move(name)),
      domains_(std::move(domains)),
      topic_(topic),
      partitions_(partitions),
      value_bytes_max_(value_bytes_max),
      texts_(std::move(texts)) {}

bool EventFeed::has(const DomainPlan& domain) const {
  return std::find(domains_.begin(), domains_.end(), domain.name) != domains_.end();
}

Result<void> EventFeed::render(const FeedPlace& place, const RecordView& record,
                               std::vector<FeedRecord>& out) {
  const envelope::Outcome& outcome = outcome_of(record.body);
  if (outcome.kind() != envelope::Kind::accepted || outcome.events() == nullptr) return {};
  TRY(const std::vector<EventTexts::Text>* texts, texts_->of(place, record));
  const std::string position = feed_position(place, {record.head.number});
  const std::string stream(text_of(outcome.stream()));
  const auto partition = static_cast<uint16_t>(partition_of(stream, partitions_));
  for (std::size_t i = 0; i < texts->size(); ++i) {
    const auto& [text, plan] = (*texts)[i];
    const bool fits = text.size() <= value_bytes_max_;
    out.push_back({topic_, partition, stream,
                   fits ? text : event_of({place, outcome, *plan, {}, position, i}, false),
                   {{"content-type", structured_type}, {"spate-position", position}}});
  }
  return {};
}

}  // namespace spate
