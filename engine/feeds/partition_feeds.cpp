// One outcome at a time: its records are sent before the next is rendered.
#include "engine/feeds/partition_feeds.hpp"

#include <algorithm>

#include "engine/base/place_text.hpp"

namespace spate {

PartitionFeeds::PartitionFeeds(Log& log, FeedClient& client, const DomainPlan& domain,
                               PartitionId id, std::vector<FeedRendering*> feeds,
                               const FeedLimits& limits, Tell tell)
    : log_(log),
      client_(client),
      domain_(domain),
      id_(id),
      feeds_(std::move(feeds)),
      limits_(limits),
      tell_(std::move(tell)),
      key_(place_text(domain.name, id)) {}

void PartitionFeeds::start(const std::string& note, uint64_t token_base) {
  const FeedPositions noted = feed_positions_from_text(log_.identity(), note);
  began_.clear();
  for (const FeedRendering* feed : feeds_) {
    const auto found = noted.find(feed->name());
    began_[feed->name()] = found == noted.end() ? Sequence{} : found->second;
  }
  Sequence first{~uint64_t{0}};
  for (const auto& [name, sequence] : began_) first = std::min(first, sequence);
  in_flight_ = FeedsInFlight(first);
  noted_ = first;
  active_ = true;
  restart(token_base);
}

void PartitionFeeds::stop() {
  active_ = false;
  batch_ = nullptr;
  pending_.clear();
  pending_at_ = 0;
}

void PartitionFeeds::restart(uint64_t token_base) {
  token_base_ = token_base;
  const Sequence delivered = in_flight_.delivered();
  in_flight_ = FeedsInFlight(delivered);
  next_ = delivered.next();
  batch_ = nullptr;
  pending_.clear();
  pending_at_ = 0;
  retry_at_ns_ = 0;
  fed.set(delivered.value);
}

Step PartitionFeeds::turn(int64_t now_ns) {
  if (!active_ || now_ns < retry_at_ns_) return Step::idle;
  std::size_t sent = 0;
  for (bool worked = false; sent < limits_.turn_records_max; ++sent) {
    if (!send_pending()) return Step::blocked;
    const Result<bool> rendered = render_next();
    if (!rendered) {
      retry_at_ns_ = now_ns + limits_.retry_delay_ns;
      const std::string what = "feeds of " + key_ + " wait: " + rendered.error().detail;
      if (what != told_) tell_(told_ = what);
      return Step::idle;
    }
    if (!*rendered) return worked ? Step::worked : Step::idle;
    worked = true;
  }
  return Step::worked;
}

/// False: nothing more to render now.
Result<bool> PartitionFeeds::render_next() {
  if (batch_ == nullptr || !(at_ != batch_->end())) {
    TRY(batch_, log_.read(LogSide::outcomes, id_, next_.value, limits_.read_bytes_max));
    if (batch_ == nullptr) return false;
    at_ = batch_->begin();
  }
  for (const auto end = batch_->end(); at_ != end; ++at_) {
    const RecordView record = *at_;
    if (record.head.number < next_.value) continue;
    const FeedPlace place{domain_, id_, log_.identity().incarnation};
    std::vector<FeedRecord> made;
    for (FeedRendering* feed : feeds_)
      if (began_.at(feed->name()).value < record.head.number)
        TRY(feed->render(place, record, made));
    ++at_;
    pending_ = std::move(made);
    pending_at_ = 0;
    next_ = {record.head.number + 1};
    return true;
  }
  batch_ = nullptr;
  return false;
}

/// False: the client is full, or enough is under way.
bool PartitionFeeds::send_pending() {
  for (; pending_at_ < pending_.size(); ++pending_at_) {
    if (in_flight_.size() >= limits_.in_flight_max) return false;
    const FeedRecord& record = pending_[pending_at_];
    std::vector<KafkaHeader> headers;
    for (const auto& [name, value] : record.headers) headers.push_back({name, as_bytes(value)});
    const auto bytes = [](const std::optional<std::string>& text) {
      return text ? as_bytes(*text) : Bytes{};
    };
    if (client_.send(record.topic, record.partition, token_base_ + in_flight_.next_number(),
                     bytes(record.key), bytes(record.value), headers) == FeedClient::Sent::full)
      return false;
    in_flight_.sent({next_.value - 1});
  }
  if (next_.value > 1) in_flight_.read({next_.value - 1});
  fed.set(in_flight_.delivered().value);
  return true;
}

void PartitionFeeds::delivered(uint64_t number) {
  in_flight_.delivered(number);
  records.add();
  fed.set(in_flight_.delivered().value);
}

FeedPositions PartitionFeeds::positions() const {
  FeedPositions now = began_;
  for (auto& [name, sequence] : now) sequence = std::max(sequence, in_flight_.delivered());
  return now;
}

std::optional<std::string> PartitionFeeds::note() const {
  if (!active_ || in_flight_.delivered() == noted_) return std::nullopt;
  return to_text(log_.identity(), positions());
}

}  // namespace spate
