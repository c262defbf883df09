// The loop over partitions; whose they are, and what becomes of a failure.
#include "engine/feeds/outcome_feeds.hpp"

namespace spate {
namespace {

//   token := place:16 generation:8 number:40
constexpr unsigned place_shift = 48, generation_shift = 40;
constexpr uint64_t generation_mask = 0xff;
constexpr uint64_t number_mask = (uint64_t{1} << generation_shift) - 1;

}  // namespace

OutcomeFeeds::OutcomeFeeds(OutcomeFeedsParts parts) : parts_(std::move(parts)) {
  for (const DomainPlace& place : parts_.log->topology().domains()) {
    const DomainPlan* plan = parts_.catalog->find(place.name);
    std::vector<FeedRendering*> feeds;
    for (const auto& feed : parts_.feeds)
      if (plan != nullptr && feed->has(*plan)) feeds.push_back(feed.get());
    if (feeds.empty()) continue;
    for (uint16_t i = 0; i < place.partitions; ++i)
      partitions_.push_back(std::make_unique<PartitionFeeds>(
          *parts_.log, *parts_.client, *plan, PartitionId{place.number, i}, feeds, parts_.limits,
          parts_.tell));
  }
  generations_.resize(partitions_.size());
  note_at_ns_ = parts_.clock->monotonic_ns() + parts_.limits.note_interval_ns;
}

const PartitionFeeds* OutcomeFeeds::of(PartitionId partition) const {
  for (const auto& p : partitions_)
    if (p->id() == partition) return p.get();
  return nullptr;
}

Result<Step> OutcomeFeeds::step() {
  bool worked = parts_.client->poll(*this), blocked = false;
  const int64_t now = parts_.clock->monotonic_ns();
  if (!failure_.empty()) begin_again(now);
  if (now < retry_at_ns_) return Step::idle;
  follow_ownership(now);
  for (const auto& partition : partitions_) {
    const Step step = partition->turn(now);
    worked |= step == Step::worked;
    blocked |= step == Step::blocked;
  }
  if (now >= note_at_ns_) note_all();
  return worked ? Step::worked : blocked ? Step::blocked : Step::idle;
}

/// A partition begins where the notes of its owner before leave off. They are read after it was
/// acquired: what that owner notes later, being fenced, can only be less than it delivered.
void OutcomeFeeds::follow_ownership(int64_t now_ns) {
  const FeedNotes* notes = nullptr;
  for (const auto& partition : partitions_) {
    const bool mine = parts_.owns(partition->id());
    if (mine == partition->active()) continue;
    if (!mine) {
      partition->stop();
      continue;
    }
    if (notes == nullptr) {
      const auto read = parts_.client->notes();
      if (!read) {
        retry_at_ns_ = now_ns + parts_.limits.retry_delay_ns;
        return;
      }
      notes = *read;
    }
    const auto found = notes->find(partition->key());
    start(*partition, found == notes->end() ? std::string() : found->second);
  }
}

uint64_t OutcomeFeeds::next_base(std::size_t place) {
  const uint64_t generation = ++generations_[place] & generation_mask;
  return uint64_t{place} << place_shift | generation << generation_shift;
}

void OutcomeFeeds::start(PartitionFeeds& partition, const std::string& note) {
  for (std::size_t place = 0; place < partitions_.size(); ++place)
    if (partitions_[place].get() == &partition) partition.start(note, next_base(place));
}

/// After a failure all is sent again from what was delivered: in each topic the order of a stream
/// is kept, and what did arrive is known by its position.
void OutcomeFeeds::begin_again(int64_t now_ns) {
  parts_.tell("feeds: a record was not delivered, they begin again behind the last that was: " +
              failure_);
  failure_.clear();
  parts_.client->reopen();
  for (std::size_t place = 0; place < partitions_.size(); ++place)
    if (partitions_[place]->active()) partitions_[place]->restart(next_base(place));
  retry_at_ns_ = now_ns + parts_.limits.retry_delay_ns;
}

void OutcomeFeeds::delivered(uint64_t token) {
  const std::size_t place = token >> place_shift;
  const bool is_now = (token >> generation_shift & generation_mask) ==
                      (generations_[place] & generation_mask);
  if (is_now && partitions_[place]->active()) partitions_[place]->delivered(token & number_mask);
}

void OutcomeFeeds::failed(uint64_t, const std::string& reason) { failure_ = reason; }

void OutcomeFeeds::note_all() {
  note_at_ns_ = parts_.clock->monotonic_ns() + parts_.limits.note_interval_ns;
  for (const auto& partition : partitions_) {
    const auto text = partition->note();
    if (!text) continue;
    if (parts_.client->note(partition->key(), *text) == FeedClient::Sent::full) return;
    partition->noted();
  }
}

void OutcomeFeeds::finish(int64_t ms_max) {
  parts_.client->flush(ms_max);
  parts_.client->poll(*this);
  note_all();
  parts_.client->flush(ms_max);
}

}  // namespace spate
