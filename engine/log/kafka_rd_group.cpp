// Eager rebalances, static membership; cooperative ones crash in librdkafka 2.0.
#include "engine/log/kafka_rd_group.hpp"

#include <algorithm>
#include <utility>

namespace spate {
namespace {

constexpr int leave_ms_max = 2'000;

}  // namespace

KafkaPropertyList KafkaRdGroup::properties(const std::string& group, const std::string& instance) {
  KafkaPropertyList list{{"group.id", group},
                         {"session.timeout.ms", "6000"},
                         {"heartbeat.interval.ms", "300"},
                         {"queued.min.messages", "1"}};
  if (!instance.empty()) list.emplace_back("group.instance.id", instance);
  return list;
}

KafkaRdGroup::KafkaRdGroup(RdClient instance, std::vector<KafkaDomainTopics> topics,
                           const Clock& clock, RdCallbacks& callbacks)
    : instance_(std::move(instance)),
      topics_(std::move(topics)),
      clock_(clock),
      callbacks_(callbacks) {
  rd_kafka_poll_set_consumer(instance_.get());
  events_.reset(rd_kafka_queue_get_consumer(instance_.get()));
  rd_kafka_queue_cb_event_enable(
      events_.get(),
      [](rd_kafka_t*, void* callbacks) { static_cast<RdCallbacks*>(callbacks)->ring(); },
      &callbacks_);
}

KafkaRdGroup::~KafkaRdGroup() { close(); }

Result<void> KafkaRdGroup::join() {
  const RdPlaces list(rd_kafka_topic_partition_list_new(static_cast<int>(topics_.size())));
  for (const KafkaDomainTopics& topic : topics_)
    rd_kafka_topic_partition_list_add(list.get(), topic.commands.c_str(), RD_KAFKA_PARTITION_UA);
  const auto error = rd_kafka_subscribe(instance_.get(), list.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
    return stop("kafka_client", std::string("joining the group failed: ") +
                                    rd_kafka_err2str(error));
  return {};
}

bool KafkaRdGroup::poll(KafkaSink& sink) {
  bool came = false;
  while (const RdEvent event{rd_kafka_queue_poll(events_.get(), 0)}) {
    came = true;
    take(event.get(), &sink);
  }
  return came;
}

void KafkaRdGroup::take(rd_kafka_event_t* event, KafkaSink* sink) {
  if (take_statistics(KafkaRole::group, instance_.get(), event, callbacks_)) return;
  const auto type = rd_kafka_event_type(event);
  if (type == RD_KAFKA_EVENT_REBALANCE) take_rebalance(event, sink);
  if (type != RD_KAFKA_EVENT_ERROR) return;
  if (rd_kafka_event_error_is_fatal(event)) {
    char why[512] = "";
    rd_kafka_fatal_error(instance_.get(), why, sizeof why);
    fenced_ = why;
    return;
  }
  callbacks_.tell(std::string("kafka group: ") + rd_kafka_event_error_string(event));
}

void KafkaRdGroup::take_rebalance(rd_kafka_event_t* event, KafkaSink* sink) {
  if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    // Owners go on until the next assignment is finished, or somebody else acquired.
    assigned_ = false;
    rd_kafka_assign(instance_.get(), nullptr);
    if (!left_) sink->electing();
    return;
  }
  std::vector<PartitionId> elected;
  const rd_kafka_topic_partition_list_t* list = rd_kafka_event_topic_partition_list(event);
  for (int i = 0; i < list->cnt; ++i) {
    const auto domain =
        std::find_if(topics_.begin(), topics_.end(),
                     [&](const auto& t) { return t.commands == list->elems[i].topic; });
    if (domain != topics_.end() && list->elems[i].partition < domain->partitions)
      elected.push_back({domain->domain, static_cast<uint16_t>(list->elems[i].partition)});
  }
  const RdPlaces none(rd_kafka_topic_partition_list_new(0));
  rd_kafka_assign(instance_.get(), none.get());
  assigned_ = true;
  if (left_) return unsubscribe();
  elected_ = std::move(elected);
  sink->elected(elected_);
}

/// While a join is on its way the group has no member yet that could leave it: it would take one in
/// that is gone, and miss it for a session.
void KafkaRdGroup::leave() {
  left_ = true;
  if (assigned_) unsubscribe();
}

/// A static member keeps its place through a close; only this lets the others go on at once.
void KafkaRdGroup::unsubscribe() {
  if (std::exchange(unsubscribed_, true)) return;
  rd_kafka_unsubscribe(instance_.get());
}

const std::string* KafkaRdGroup::topic_of(PartitionId partition) const {
  for (const KafkaDomainTopics& topic : topics_)
    if (topic.domain == partition.domain) return &topic.commands;
  return nullptr;
}

void KafkaRdGroup::commit(const std::vector<std::pair<PartitionId, int64_t>>& positions) {
  const RdPlaces list(rd_kafka_topic_partition_list_new(static_cast<int>(positions.size())));
  for (const auto& [partition, offset] : positions) {
    if (const std::string* topic = topic_of(partition))
      rd_kafka_topic_partition_list_add(list.get(), topic->c_str(), partition.index)->offset =
          offset;
  }
  if (assigned_ && list->cnt > 0) rd_kafka_commit(instance_.get(), list.get(), 1);
}

void KafkaRdGroup::close() {
  if (instance_.get() == nullptr) return;
  rd_kafka_queue_cb_event_enable(events_.get(), nullptr, nullptr);
  leave();
  const int64_t until = clock_.monotonic_ns() + int64_t{leave_ms_max} * 1'000'000;
  while (fenced_.empty() && clock_.monotonic_ns() < until) {
    const RdEvent event(rd_kafka_queue_poll(events_.get(), 50));
    if (event != nullptr) take(event.get(), nullptr);
    else if (unsubscribed_ && !assigned_) break;
  }
  unsubscribe();
  events_.reset();
  instance_.close();
}

}  // namespace spate
