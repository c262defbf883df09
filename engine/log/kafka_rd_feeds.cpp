// Token 0 is a note's: nobody waits for it.
#include "engine/log/kafka_rd_feeds.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/log/kafka_rd_produce.hpp"
#include "engine/log/kafka_rd_under_way.hpp"

namespace spate {
namespace {

constexpr int feed_reports_a_poll = 10'000;
constexpr int linger_ms = 5;
constexpr int64_t window_ns = int64_t{linger_ms} * 1'000'000 / 2;

int64_t now_ns() {
  using namespace std::chrono;
  return duration_cast<nanoseconds>(steady_clock::now().time_since_epoch()).count();
}

int64_t now_ms() { return now_ns() / 1'000'000; }

}  // namespace

bool KafkaRdFeeds::Window::take(std::size_t bytes_more, int64_t now_ns) {
  constexpr KafkaRoom most = KafkaRdUnderWay::request_max;
  if (under_way == 0) {
    opened_ns = now_ns;
    bytes = 0;
  } else if (now_ns - opened_ns > window_ns || under_way >= most.records ||
             bytes + bytes_more > most.bytes) {
    return false;
  }
  ++under_way;
  bytes += bytes_more;
  return true;
}

void KafkaRdFeeds::Producer::close() {
  rd_kafka_queue_cb_event_enable(events.get(), nullptr, nullptr);
  rd_kafka_purge(instance.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                     RD_KAFKA_PURGE_F_NON_BLOCKING);
  events.reset();
  topics.clear();
  instance.close();
}

void KafkaRdFeeds::Reader::close() {
  if (is_reading) rd_kafka_consume_stop(topic.get(), 0);
  topic.reset();
  instance.close();
}

KafkaRdFeeds::KafkaRdFeeds(KafkaRdFeedsOptions options)
    : options_(std::move(options)),
      callbacks_(std::make_shared<RdCallbacks>(options_.tell)),
      reaper_(options_.close_ms_max) {}

KafkaRdFeeds::~KafkaRdFeeds() {
  callbacks_->set_bell(nullptr);
  reap(std::move(producer_));
  reap(std::move(reader_));
}

template <class Part>
void KafkaRdFeeds::reap(std::unique_ptr<Part> part) {
  if (part == nullptr) return;
  reaper_.take([shared = std::shared_ptr<Part>(std::move(part)), callbacks = callbacks_] {
    shared->close();
  });
}

Result<std::unique_ptr<KafkaRdFeeds>> KafkaRdFeeds::open(KafkaRdFeedsOptions options) {
  TRY(check_kafka_properties(options.properties));
  std::unique_ptr<KafkaRdFeeds> feeds(new KafkaRdFeeds(std::move(options)));
  TRY(feeds->open_producer());
  TRY(feeds->open_reader());
  return feeds;
}

Result<RdConf> KafkaRdFeeds::conf(KafkaRole role, KafkaPropertyList ours) const {
  ours.emplace_back("bootstrap.servers", options_.brokers);
  ours.emplace_back("client.id", "spate-feeds");
  return kafka_conf(role, options_.properties, ours, *callbacks_);
}

Result<void> KafkaRdFeeds::open_producer() {
  TRY(RdConf produces,
      conf(KafkaRole::feeds,
           {{"message.max.bytes", std::to_string(options_.message_bytes_max)},
            {"linger.ms", std::to_string(linger_ms)},
            {"queue.buffering.max.kbytes", std::to_string(options_.send_bytes_max / 1024)}}));
  rd_kafka_conf_set_events(
      produces.get(), RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_STATS);
  auto producer = std::make_unique<Producer>();
  TRY(producer->instance, kafka_instance(KafkaRole::feeds, std::move(produces)));
  rd_kafka_t* const instance = producer->instance.get();
  producer->windows.reserve(options_.topics.size());  // topics point into it
  for (const FeedTopic& topic : options_.topics) {
    producer->windows.emplace_back(topic.partitions);
    rd_kafka_topic_conf_t* conf = rd_kafka_default_topic_conf_dup(instance);
    rd_kafka_topic_conf_set_opaque(conf, &producer->windows.back());
    producer->topics.emplace_back(rd_kafka_topic_new(instance, topic.name.c_str(), conf));
  }
  producer->topics.emplace_back(
      rd_kafka_topic_new(instance, options_.notes_topic.c_str(), nullptr));
  producer->events.reset(rd_kafka_queue_get_main(instance));
  rd_kafka_queue_cb_event_enable(
      producer->events.get(),
      [](rd_kafka_t*, void* callbacks) { static_cast<RdCallbacks*>(callbacks)->ring(); },
      callbacks_.get());
  producer_ = std::move(producer);
  return {};
}

Result<void> KafkaRdFeeds::open_reader() {
  TRY(RdConf reads, conf(KafkaRole::fetcher, {{"isolation.level", "read_uncommitted"},
                                              {"enable.partition.eof", "true"},
                                              {"fetch.wait.max.ms", "10"},
                                              {"fetch.error.backoff.ms", "50"}}));
  auto reader = std::make_unique<Reader>();
  TRY(reader->instance, kafka_instance(KafkaRole::fetcher, std::move(reads)));
  reader->topic.reset(
      rd_kafka_topic_new(reader->instance.get(), options_.notes_topic.c_str(), nullptr));
  reader_ = std::move(reader);
  return {};
}

FeedClient::Sent KafkaRdFeeds::send(std::size_t topic, uint16_t partition, uint64_t token,
                                    Bytes key, Bytes value, std::span<const KafkaHeader> headers) {
  Window& window = producer_->windows[topic][partition];
  if (!window.take(key.size() + value.size(), now_ns())) return Sent::full;
  const auto error = rd_produce(producer_->instance.get(), producer_->topics[topic].get(),
                                partition, token, key, value, headers);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) --window.under_way;
  if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) return Sent::full;
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    refused_ = options_.topics[topic].name + "/" + std::to_string(partition) + ": " +
               rd_kafka_err2str(error);
    callbacks_->ring();
  }
  return Sent::yes;
}

FeedClient::Sent KafkaRdFeeds::note(const std::string& key, const std::string& text) {
  const auto error = rd_produce(producer_->instance.get(), producer_->topics.back().get(), 0, 0,
                                as_bytes(key), as_bytes(text), {});
  return error == RD_KAFKA_RESP_ERR_NO_ERROR ? Sent::yes : Sent::full;
}

bool KafkaRdFeeds::poll(FeedSink& sink) {
  rd_kafka_poll(reader_->instance.get(), 0);
  int reports = 0;
  while (reports < feed_reports_a_poll) {
    const RdEvent event(rd_kafka_queue_poll(producer_->events.get(), 0));
    if (event == nullptr) break;
    if (take_statistics(KafkaRole::feeds, producer_->instance.get(), event.get(), *callbacks_))
      continue;
    if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_ERROR)
      callbacks_->tell(std::string("kafka feeds: ") + rd_kafka_event_error_string(event.get()));
    while (const rd_kafka_message_t* message = rd_kafka_event_message_next(event.get())) {
      ++reports;
      if (auto* windows = static_cast<std::vector<Window>*>(rd_kafka_topic_opaque(message->rkt)))
        --(*windows)[static_cast<std::size_t>(message->partition)].under_way;
      const auto token = reinterpret_cast<uint64_t>(message->_private);
      if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        sink.failed(token, std::string(rd_kafka_topic_name(message->rkt)) + ": " +
                               rd_kafka_err2str(message->err));
      else if (token != 0)
        sink.delivered(token);
    }
  }
  if (!refused_.empty()) {
    sink.failed(0, refused_);
    refused_.clear();
  }
  return reports > 0;
}

void KafkaRdFeeds::reopen() {
  std::unique_ptr<Producer> before = std::move(producer_);
  if (open_producer()) return reap(std::move(before));
  producer_ = std::move(before);  // no memory, no thread: what is sent fails again, and is told
}

void KafkaRdFeeds::flush(int64_t ms_max) {
  const int64_t until = now_ms() + ms_max;
  // Reports stay in their queue for `poll`; only the records' way out is waited for.
  while (now_ms() < until) {
    const auto error = rd_kafka_flush(producer_->instance.get(), 50);
    if (error != RD_KAFKA_RESP_ERR__TIMED_OUT) return;
  }
}

Result<int64_t> KafkaRdFeeds::notes_end() {
  int64_t begin = 0, end = 0;
  const auto error = rd_kafka_query_watermark_offsets(
      reader_->instance.get(), options_.notes_topic.c_str(), 0, &begin, &end,
      static_cast<int>(options_.notes_ms_max));
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
    return retry("kafka_unreachable",
                 "the end of " + options_.notes_topic + ": " + rd_kafka_err2str(error));
  reader_->next = std::max(reader_->next, begin);
  return end;
}

Result<const FeedNotes*> KafkaRdFeeds::notes() {
  TRY(const int64_t end, notes_end());
  const auto read = read_to(end);
  rest();
  if (!read) return tl::unexpected<Fault>(read.error());
  return &notes_;
}

/// Notes are asked for when a partition is taken over: until then nothing is fetched. A reader that
/// was left running asked the broker a hundred times a second for what nobody wanted.
void KafkaRdFeeds::rest() {
  if (!std::exchange(reader_->is_reading, false)) return;
  rd_kafka_consume_stop(reader_->topic.get(), 0);
}

/// Compaction leaves gaps: the end is reached by a record or by the news that there are none.
Result<void> KafkaRdFeeds::read_to(int64_t end) {
  if (reader_->next >= end) return {};
  if (rd_kafka_consume_start(reader_->topic.get(), 0, reader_->next) != 0)
    return retry("kafka_unreachable", options_.notes_topic + " cannot be read");
  reader_->is_reading = true;
  const int64_t until = now_ms() + options_.notes_ms_max;
  while (reader_->next < end) {
    const int64_t left = until - now_ms();
    if (left <= 0)
      return retry("kafka_unreachable", options_.notes_topic + " was not to be had in time");
    const RdMessage m(rd_kafka_consume(reader_->topic.get(), 0, static_cast<int>(left)));
    if (m == nullptr) continue;
    if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) reader_->next = m->offset;
    if (m->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {  // compacted away meanwhile
      reader_->next = -1;
      return retry("kafka_unreachable", options_.notes_topic + " begins elsewhere now");
    }
    if (m->err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    reader_->next = m->offset + 1;
    const std::string key(static_cast<const char*>(m->key), m->key_len);
    if (m->payload == nullptr) notes_.erase(key);
    else notes_[key].assign(static_cast<const char*>(m->payload), m->len);
  }
  return {};
}

}  // namespace spate
