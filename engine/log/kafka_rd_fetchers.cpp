// Who reads on finds the reader that stands where it goes on; who begins takes one that rests.
#include "engine/log/kafka_rd_fetchers.hpp"

namespace spate {
namespace {

constexpr int64_t resting_ns = 1'000'000'000;  // a reader that nobody used for so long is free

}  // namespace

KafkaRdFetchers::KafkaRdFetchers(RdClient first, Make make, End end, LogSide side,
                                 std::vector<KafkaDomainTopics> topics,
                                 KafkaRdFetcher::Limits limits, const Clock& clock)
    : make_(std::move(make)),
      end_(std::move(end)),
      side_(side),
      topics_(std::move(topics)),
      limits_(limits),
      clock_(clock),
      look_ups_(std::make_shared<KafkaRdFetcher>(std::move(first), side, topics_, limits, clock)) {}

Result<void> KafkaRdFetchers::fetch(PartitionId partition, int64_t from, std::size_t bytes_max,
                                    const KafkaRdFetcher::Take& take) {
  if (bytes_max <= look_up_bytes_max) return look_ups_->fetch(partition, from, bytes_max, take);
  return stream_at(partition, from)->fetch(partition, from, bytes_max, take);
}

/// Two that choose the same one at once cost each other a new start, nothing else.
KafkaRdFetchers::StreamPtr KafkaRdFetchers::stream_at(PartitionId partition, int64_t from) {
  const std::lock_guard lock(mutex_);
  StreamPtr oldest;
  int64_t oldest_ns = 0;
  for (const StreamPtr& stream : streams_) {
    const KafkaRdFetcher::Stand stand = stream->stand(partition);
    if (stand.next == from) return stream;
    if (oldest != nullptr && stand.used_at_ns >= oldest_ns) continue;
    oldest = stream;
    oldest_ns = stand.used_at_ns;
  }
  const bool rests = oldest != nullptr && clock_.monotonic_ns() - oldest_ns > resting_ns;
  if (!rests && streams_.size() < streams_max)
    if (StreamPtr another = make_another()) return another;
  return oldest != nullptr ? oldest : look_ups_;
}

/// None when there cannot be one: those that are there do its work, slower.
KafkaRdFetchers::StreamPtr KafkaRdFetchers::make_another() {
  Result<RdClient> instance = make_();
  if (!instance) return nullptr;
  streams_.push_back(std::make_shared<KafkaRdFetcher>(std::move(*instance), side_, topics_, limits_,
                                                      clock_));
  return streams_.back();
}

std::size_t KafkaRdFetchers::instances() const {
  const std::lock_guard lock(mutex_);
  return 1 + streams_.size();
}

void KafkaRdFetchers::tidy() {
  const std::lock_guard lock(mutex_);
  look_ups_->tidy();
  const int64_t now = clock_.monotonic_ns();
  for (auto stream = streams_.begin(); stream != streams_.end();) {
    (*stream)->tidy();
    const bool is_in_use = stream->use_count() > 1;  // nobody begins to meanwhile: the mutex
    if (is_in_use || now - (*stream)->used_at_ns() < unused_ns_max) {
      ++stream;
      continue;
    }
    end_(std::move(*stream));
    stream = streams_.erase(stream);
  }
}

void KafkaRdFetchers::keep_house() {
  const std::lock_guard lock(mutex_);
  look_ups_->keep_house();
  for (const auto& stream : streams_) stream->keep_house();
}

void KafkaRdFetchers::close() {
  look_ups_->close();
  for (const auto& stream : streams_) stream->close();
}

}  // namespace spate
