// The simple consumer of librdkafka: a start of a partition that is started already is a barrier
// behind which nothing fetched before is handed out, and it does not wait for anybody.
#include "engine/log/kafka_rd_follower.hpp"

#include <algorithm>

namespace spate {
namespace {

/// librdkafka's own cost of a record in its queue.
constexpr std::size_t record_overhead = 400;

std::size_t records_ahead_max(std::size_t bytes_max) {
  return std::clamp<std::size_t>(bytes_max / record_overhead, 1'000, 10'000'000);
}

}  // namespace

KafkaPropertyList KafkaRdFollower::properties(LogSide side, const Limits& limits) {
  return {{"isolation.level", side == LogSide::commands ? "read_committed" : "read_uncommitted"},
          {"enable.partition.eof", side == LogSide::commands ? "true" : "false"},
          {"queued.min.messages", std::to_string(records_ahead_max(limits.place_bytes_max))},
          {"queued.max.messages.kbytes", std::to_string(limits.place_bytes_max / 1024 + 1)},
          // A partition that is followed anew waits for the end of the fetch under way.
          {"fetch.wait.max.ms", "50"},
          {"fetch.error.backoff.ms", "50"}};
}

KafkaRdFollower::KafkaRdFollower(RdClient instance, LogSide side,
                                 const std::vector<KafkaDomainTopics>& topics, Limits limits,
                                 RdCallbacks& callbacks, KafkaRdAsker& asker)
    : instance_(std::move(instance)),
      side_(side),
      limits_(limits),
      callbacks_(callbacks),
      asker_(asker),
      topics_(instance_.get(), topics, side),
      batch_(limits.batch_records_max) {
  for (const KafkaDomainTopics& domain : topics) {
    for (uint16_t index = 0; index < domain.partitions; ++index) {
      auto place = std::make_unique<Place>();
      place->follower = this;
      place->place = {{domain.domain, index}, side};
      place->queue.reset(rd_kafka_queue_new(instance_.get()));
      rd_kafka_queue_cb_event_enable(
          place->queue.get(),
          [](rd_kafka_t*, void* opaque) {
            Place& ready = *static_cast<Place*>(opaque);
            ready.follower->mark_ready(ready);
          },
          place.get());
      places_.emplace_back(place->place.partition, std::move(place));
    }
  }
  std::sort(places_.begin(), places_.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
}

KafkaRdFollower::~KafkaRdFollower() { close(); }

KafkaRdFollower::Place& KafkaRdFollower::place_of(PartitionId partition) {
  const auto found = std::lower_bound(places_.begin(), places_.end(), partition,
                                      [](const auto& p, PartitionId id) { return p.first < id; });
  ENSURE(found != places_.end() && found->first == partition);
  return *found->second;
}

int64_t KafkaRdFollower::position(PartitionId partition) const {
  return const_cast<KafkaRdFollower*>(this)->place_of(partition).next;
}

int64_t KafkaRdFollower::known_end(PartitionId partition) const {
  int64_t begin = -1, end = -1;
  const char* topic = rd_kafka_topic_name(topics_.of(partition));
  const auto error =
      rd_kafka_get_watermark_offsets(instance_.get(), topic, partition.index, &begin, &end);
  return error == RD_KAFKA_RESP_ERR_NO_ERROR ? end : -1;
}

bool KafkaRdFollower::lost(PartitionId partition) const {
  return const_cast<KafkaRdFollower*>(this)->place_of(partition).lost;
}

void KafkaRdFollower::follow(PartitionId partition, int64_t from) {
  Place& place = place_of(partition);
  place.next = from;
  place.held = false;
  start(place);
  // Its queue rings when it ceases to be empty only: what a hold left there would keep it silent.
  mark_ready(place);
}

void KafkaRdFollower::start(Place& place) {
  ++place.starts;
  place.lost = false;
  place.bytes_since_empty = place.records_since_empty = 0;
  // Asynchronous; fails only for arguments that cannot be.
  ENSURE(rd_kafka_consume_start_queue(topics_.of(place.place.partition),
                                      place.place.partition.index, place.next,
                                      place.queue.get()) == 0);
}

void KafkaRdFollower::unfollow(PartitionId partition) {
  Place& place = place_of(partition);
  if (place.next < 0) return;
  place.next = -1;
  place.held = false;
  ++place.starts;
  place.lost = false;
  // Waits for a thread of librdkafka to take note, not for a broker.
  rd_kafka_consume_stop(topics_.of(partition), partition.index);
}

void KafkaRdFollower::hold(PartitionId partition, bool held) {
  Place& place = place_of(partition);
  if (std::exchange(place.held, held) && !held) mark_ready(place);
}

/// Any thread.
void KafkaRdFollower::mark_ready(Place& place) {
  if (place.ready.exchange(true, std::memory_order_acq_rel)) return;
  {
    const std::lock_guard lock(ready_mutex_);
    ready_.push_back(&place);
  }
  callbacks_.ring();
}

bool KafkaRdFollower::poll(KafkaSink& sink) {
  {
    const std::lock_guard lock(ready_mutex_);
    visited_.swap(ready_);
  }
  bool came = false;
  for (Place* place : visited_) {
    place->ready.store(false, std::memory_order_release);
    if (!place->held) came |= poll(*place, sink);
  }
  visited_.clear();
  return came;
}

/// One batch, so that no place starves another and a hold is heeded soon.
bool KafkaRdFollower::poll(Place& place, KafkaSink& sink) {
  const std::size_t taken = batch_.take(place.queue.get(), 0);
  const bool was_full = batch_.full();
  hand_over(place, taken, sink);
  batch_.clear();
  if (was_full) mark_ready(place);
  else after_empty(place);
  return taken > 0;
}

void KafkaRdFollower::hand_over(Place& place, std::size_t taken, KafkaSink& sink) {
  const uint64_t starts = place.starts;
  std::size_t begin = 0;
  // The sink may end or move what is followed while it is called.
  for (std::size_t i = 0; i <= taken && place.next >= 0 && place.starts == starts; ++i) {
    const bool is_error = i < taken && batch_.at(i).err != RD_KAFKA_RESP_ERR_NO_ERROR;
    if (i < taken && !is_error) continue;
    if (i > begin) hand_over_run(place, begin, i, sink);
    if (is_error && place.starts == starts) take_error(place, batch_.at(i), sink);
    begin = i + 1;
  }
}

void KafkaRdFollower::hand_over_run(Place& place, std::size_t begin, std::size_t end,
                                    KafkaSink& sink) {
  const auto records = batch_.records(begin, end, side_ == LogSide::commands);
  ENSURE(records.front().offset >= place.next);
  place.next = records.back().offset + 1;
  place.records_since_empty += records.size();
  for (const KafkaRecord& r : records) place.bytes_since_empty += r.key.size() + r.value.size();
  sink.records(place.place, records);
}

void KafkaRdFollower::take_error(Place& place, const rd_kafka_message_t& message,
                                 KafkaSink& sink) {
  if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    if (message.offset <= place.next) return;
    place.next = message.offset;
    return sink.passed(place.place, place.next);
  }
  if (message.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
    place.lost = true;
    asker_.ask(place.place, KafkaRdAsker::About::begin);
    return;
  }
  // Others pass: librdkafka goes on by itself when the topic or its leader is back.
  callbacks_.tell(std::string("kafka: ") + rd_kafka_topic_name(message.rkt) + "/" +
                    std::to_string(place.place.partition.index) + ": " +
                    rd_kafka_message_errstr(&message));
}

/// When a queue was full its fetching stopped, and librdkafka 2.0 looks again only once a second:
/// a new start at the place where we are wakes it at once.
void KafkaRdFollower::after_empty(Place& place) {
  const bool was_full =
      place.bytes_since_empty >= limits_.place_bytes_max / 2 ||
      place.records_since_empty >= records_ahead_max(limits_.place_bytes_max) / 2;
  place.bytes_since_empty = place.records_since_empty = 0;
  if (was_full && place.next >= 0 && !place.lost) start(place);
}

void KafkaRdFollower::close() {
  if (instance_.get() == nullptr) return;
  for (auto& [partition, place] : places_) {
    rd_kafka_queue_cb_event_enable(place->queue.get(), nullptr, nullptr);
    unfollow(partition);
    place->queue.reset();
  }
  topics_ = RdTopicHandles();
  instance_.close();
}

}  // namespace spate
