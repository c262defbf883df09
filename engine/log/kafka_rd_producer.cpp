// Sends copy into librdkafka's queue; reports come back as events, a batch of messages each.
#include "engine/log/kafka_rd_producer.hpp"

#include "engine/log/kafka_rd_produce.hpp"

namespace spate {

Result<std::unique_ptr<KafkaRdProducer>> KafkaRdProducer::open(
    uint64_t session, RdConf conf, const std::vector<KafkaDomainTopics>& topics,
    RdCallbacks& callbacks) {
  rd_kafka_conf_set_events(conf.get(),
                           RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_STATS);
  TRY(RdClient instance, kafka_instance(role_of(session), std::move(conf)));
  return std::make_unique<KafkaRdProducer>(std::move(instance), session, topics, callbacks);
}

KafkaRdProducer::KafkaRdProducer(RdClient instance, uint64_t session,
                                 const std::vector<KafkaDomainTopics>& topics,
                                 RdCallbacks& callbacks)
    : instance_(std::move(instance)),
      session_(session),
      callbacks_(callbacks),
      topics_(instance_.get(), topics, session == 0 ? LogSide::commands : LogSide::outcomes),
      under_way_(topics),
      events_(rd_kafka_queue_get_main(instance_.get())) {
  rd_kafka_queue_cb_event_enable(
      events_.get(),
      [](rd_kafka_t*, void* callbacks) { static_cast<RdCallbacks*>(callbacks)->ring(); },
      &callbacks_);
}

KafkaPlace KafkaRdProducer::place_of(PartitionId partition) const {
  return {partition, session_ == 0 ? LogSide::commands : LogSide::outcomes};
}

KafkaRdProducer::Sent KafkaRdProducer::send(PartitionId partition, uint64_t token, Bytes key,
                                            Bytes value, std::span<const KafkaHeader> headers) {
  rd_kafka_topic_t* topic = topics_.of(partition);
  under_way_.add(partition, 1);
  const rd_kafka_resp_err_t error =
      rd_produce(instance_.get(), topic, partition.index, token, key, value, headers);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return Sent::yes;
  under_way_.remove(partition, 1);
  if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) return Sent::full;
  return refuse(partition, token, error);
}

/// A batch saves clocks and look-ups a record; when it finds the queue full, it takes nothing of
/// what follows, either.
std::size_t KafkaRdProducer::send(PartitionId partition, uint64_t token,
                                  std::span<const KafkaOutcome> outcomes) {
  constexpr std::size_t together = 128;
  rd_kafka_topic_t* topic = topics_.of(partition);
  for (std::size_t begin = 0; begin < outcomes.size(); begin += together) {
    const std::size_t count = std::min(together, outcomes.size() - begin);
    rd_kafka_message_t messages[together];
    for (std::size_t i = 0; i < count; ++i)
      messages[i] = rd_message_of(outcomes[begin + i], token + begin + i);
    under_way_.add(partition, count);
    const int taken = rd_kafka_produce_batch(topic, partition.index, RD_KAFKA_MSG_F_COPY, messages,
                                             static_cast<int>(count));
    under_way_.remove(partition, count - static_cast<std::size_t>(taken));
    for (std::size_t i = 0; i < count; ++i) {
      const rd_kafka_resp_err_t error = messages[i].err;
      if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) return begin + i;
      if (error != RD_KAFKA_RESP_ERR_NO_ERROR) refuse(partition, token + begin + i, error);
    }
  }
  return outcomes.size();
}

/// What librdkafka does not take is reported like what it could not deliver: one way for both.
KafkaRdProducer::Sent KafkaRdProducer::refuse(PartitionId partition, uint64_t token,
                                              rd_kafka_resp_err_t why) {
  if (why == RD_KAFKA_RESP_ERR__FATAL) broken_.store(true, std::memory_order_relaxed);
  KafkaReport report{place_of(partition), session_, token};
  report.fate = KafkaReport::Fate::failed;
  report.reason = rd_kafka_err2str(why);
  {
    const std::lock_guard lock(refused_mutex_);
    refused_.push_back(std::move(report));
  }
  has_refused_.store(true, std::memory_order_release);
  callbacks_.ring();
  return Sent::yes;
}

std::size_t KafkaRdProducer::poll(KafkaSink& sink, std::size_t most) {
  std::size_t reports = 0;
  while (reports < most) {
    const RdEvent event(rd_kafka_queue_poll(events_.get(), 0));
    if (event == nullptr) break;
    if (take_statistics(role(), instance_.get(), event.get(), callbacks_)) continue;
    if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_ERROR) take_error(*event);
    told_.resize(rd_kafka_event_message_count(event.get()));
    told_.resize(rd_kafka_event_message_array(event.get(), told_.data(), told_.size()));
    report_all(sink);
    reports += told_.size();
  }
  if (has_refused_.exchange(false, std::memory_order_acquire)) {
    std::vector<KafkaReport> refused;
    {
      const std::lock_guard lock(refused_mutex_);
      refused.swap(refused_);
    }
    for (const KafkaReport& r : refused) sink.report(r);
    reports += refused.size();
  }
  return reports;
}

/// Runs of one partition. Their room is there before the first of them is heard of.
void KafkaRdProducer::report_all(KafkaSink& sink) {
  for (std::size_t begin = 0, end = 0; begin < told_.size(); begin = end) {
    const rd_kafka_message_t& first = *told_[begin];
    const auto is_of_run = [&](const rd_kafka_message_t& m) {
      return m.rkt == first.rkt && m.partition == first.partition;
    };
    while (end < told_.size() && is_of_run(*told_[end])) ++end;
    const PartitionId partition{RdTopicHandles::domain_of(first.rkt),
                                static_cast<uint16_t>(first.partition)};
    under_way_.remove(partition, end - begin);
    KafkaReport report{place_of(partition), session_, 0};
    for (std::size_t i = begin; i < end; ++i) {
      fill(report, *told_[i]);
      sink.report(report);
    }
  }
}

void KafkaRdProducer::fill(KafkaReport& report, const rd_kafka_message_t& message) {
  const bool delivered = message.err == RD_KAFKA_RESP_ERR_NO_ERROR;
  report.token = reinterpret_cast<uint64_t>(message._private);
  report.fate = delivered ? KafkaReport::Fate::delivered : KafkaReport::Fate::failed;
  report.offset = delivered && message.offset >= 0 ? message.offset : -1;
  report.reason = delivered ? "" : rd_kafka_err2str(message.err);
}

void KafkaRdProducer::take_error(const rd_kafka_event_t& event) {
  auto* asked = const_cast<rd_kafka_event_t*>(&event);
  std::string text = rd_kafka_event_error_string(asked);
  if (rd_kafka_event_error_is_fatal(asked)) {
    char why[512] = "";
    rd_kafka_fatal_error(instance_.get(), why, sizeof why);
    text = why;
    broken_.store(true, std::memory_order_relaxed);
  }
  callbacks_.tell("kafka producer: " + text);
}

bool KafkaRdProducer::settled() const {
  return rd_kafka_outq_len(instance_.get()) == 0 &&
         !has_refused_.load(std::memory_order_acquire);
}

void KafkaRdProducer::give_up() {
  rd_kafka_purge(instance_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                      RD_KAFKA_PURGE_F_NON_BLOCKING);
}

void KafkaRdProducer::close() {
  rd_kafka_queue_cb_event_enable(events_.get(), nullptr, nullptr);
  give_up();
  events_.reset();
  topics_ = RdTopicHandles();
  instance_.close();
}

}  // namespace spate
