// A reader a partition stays where the last fetch ended: the next one finds the records there.
#include "engine/log/kafka_rd_fetcher.hpp"

namespace spate {
namespace {

constexpr std::size_t batch_records_max = 1000;
constexpr int64_t idle_ns_max = 1'000'000'000;
constexpr int64_t hasty_ns = 20'000'000, hasty_for_ns = 3'000'000'000;
constexpr int64_t first_wake_ns = 20'000'000;

}  // namespace

KafkaPropertyList KafkaRdFetcher::properties(LogSide side, const Limits& limits) {
  return {{"isolation.level", side == LogSide::commands ? "read_committed" : "read_uncommitted"},
          {"queued.min.messages", "100000"},
          {"queued.max.messages.kbytes", std::to_string(limits.ahead_bytes_max / 1024 + 1)},
          {"fetch.message.max.bytes", "524288"},
          // One fetch a broker is under way: an idle reader's must not delay another's.
          {"fetch.wait.max.ms", "5"},
          {"fetch.error.backoff.ms", "50"}};
}

KafkaRdFetcher::KafkaRdFetcher(RdClient instance, LogSide side,
                               const std::vector<KafkaDomainTopics>& topics, Limits limits,
                               const Clock& clock)
    : instance_(std::move(instance)),
      side_(side),
      limits_(limits),
      clock_(clock),
      topics_(instance_.get(), topics, side),
      used_at_ns_(clock.monotonic_ns()) {}

KafkaRdFetcher::~KafkaRdFetcher() { close(); }

KafkaRdFetcher::ReaderPtr KafkaRdFetcher::reader_of(PartitionId partition) {
  const std::lock_guard lock(readers_mutex_);
  ReaderPtr& reader = readers_[partition];
  if (reader == nullptr) {
    reader = std::make_shared<Reader>(batch_records_max);
    reader->queue.reset(rd_kafka_queue_new(instance_.get()));
  }
  return reader;
}

KafkaRdFetcher::Stand KafkaRdFetcher::stand(PartitionId partition) const {
  const std::lock_guard lock(readers_mutex_);
  const auto found = readers_.find(partition);
  if (found == readers_.end() || found->second->next < 0) return {};
  return {found->second->next, found->second->used_at_ns};
}

void KafkaRdFetcher::start(Reader& reader, PartitionId partition, int64_t from) {
  reader.batch.clear();
  reader.used = 0;
  reader.bytes_since_empty = 0;
  reader.next = from;
  ENSURE(rd_kafka_consume_start_queue(topics_.of(partition), partition.index, from,
                                      reader.queue.get()) == 0);
}

void KafkaRdFetcher::stop(Reader& reader, PartitionId partition) {
  if (reader.next < 0) return;
  reader.next = -1;
  reader.batch.clear();
  reader.used = 0;
  rd_kafka_consume_stop(topics_.of(partition), partition.index);
}

Result<void> KafkaRdFetcher::fetch(PartitionId partition, int64_t from, std::size_t bytes_max,
                                   const Take& take) {
  const ReaderPtr reader = reader_of(partition);
  const std::lock_guard lock(reader->mutex);
  reader->used_at_ns = clock_.monotonic_ns();
  used_at_ns_.store(reader->used_at_ns, std::memory_order_relaxed);
  if (reader->next != from) start(*reader, partition, from);
  TRY(fill(*reader, partition, from));
  const std::size_t begin = reader->used;
  std::size_t end = begin;
  for (std::size_t bytes = 0; end < reader->batch.count() && bytes < bytes_max; ++end) {
    const rd_kafka_message_t& m = reader->batch.at(end);
    if (m.err != RD_KAFKA_RESP_ERR_NO_ERROR) break;
    bytes += m.key_len + m.len;
    reader->next = m.offset + 1;
  }
  for (std::size_t i = begin; i < end; ++i)
    reader->bytes_since_empty += reader->batch.at(i).key_len + reader->batch.at(i).len;
  reader->used = end;
  take(reader->batch.records(begin, end, side_ == LogSide::commands));
  return {};
}

/// Until the batch has a record that was not handed out.
Result<void> KafkaRdFetcher::fill(Reader& reader, PartitionId partition, int64_t from) {
  const int64_t now = clock_.monotonic_ns();
  const bool is_hasty = now < reader.hasty_until_ns;
  const int64_t fetch_ns_max = limits_.fetch_ms_max * 1'000'000;
  const int64_t until = now + (is_hasty ? std::min(hasty_ns, fetch_ns_max) : fetch_ns_max);
  for (int64_t wake_ns = first_wake_ns;;) {
    if (reader.used < reader.batch.count()) {
      const rd_kafka_message_t& next = reader.batch.at(reader.used);
      if (next.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        reader.hasty_until_ns = 0;
        return {};
      }
      ++reader.used;
      if (next.err != RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) continue;  // it goes on by itself
      stop(reader, partition);
      return spate::stop("kafka_gone", name(partition, from) + " is not there any more");
    }
    reader.batch.clear();
    reader.used = 0;
    const int64_t left_ns = until - clock_.monotonic_ns();
    if (left_ns <= 0) {  // it goes on fetching: who asks again soon may find it
      if (!is_hasty) reader.hasty_until_ns = clock_.monotonic_ns() + hasty_for_ns;
      return retry("kafka_unreachable",
                   name(partition, from) + " was not to be had in time: are its brokers up?");
    }
    if (reader.batch.take(reader.queue.get(), 0) > 0) continue;
    wake_if_it_was_full(reader, partition);
    const auto wait_ms = static_cast<int>(std::min(left_ns, wake_ns) / 1'000'000) + 1;
    if (reader.batch.take(reader.queue.get(), wait_ms) > 0 || wake_ns >= left_ns) continue;
    // Records of the start before may have filled the queue, and were dropped as they were taken:
    // it rests though nothing came. A broker that only is slow loses less each time.
    start(reader, partition, reader.next);
    wake_ns *= 2;
  }
}

/// As KafkaRdFollower::after_empty: else it rests for up to a second, once for each time that it
/// had fetched as much ahead as it may.
void KafkaRdFetcher::wake_if_it_was_full(Reader& reader, PartitionId partition) {
  if (reader.bytes_since_empty < limits_.ahead_bytes_max / 2) {
    reader.bytes_since_empty = 0;
    return;
  }
  start(reader, partition, reader.next);
}

std::string KafkaRdFetcher::name(PartitionId partition, int64_t from) const {
  return std::string(rd_kafka_topic_name(topics_.of(partition))) + "/" +
         std::to_string(partition.index) + " at offset " + std::to_string(from);
}

void KafkaRdFetcher::tidy() {
  const std::lock_guard lock(readers_mutex_);
  const int64_t now = clock_.monotonic_ns();
  for (auto& [partition, reader] : readers_) {
    const std::unique_lock in_use(reader->mutex, std::try_to_lock);
    if (in_use && now - reader->used_at_ns > idle_ns_max) stop(*reader, partition);
  }
}

void KafkaRdFetcher::close() {
  if (instance_.get() == nullptr) return;
  for (auto& [partition, reader] : readers_) stop(*reader, partition);
  readers_.clear();
  topics_ = RdTopicHandles();
  instance_.close();
}

}  // namespace spate
