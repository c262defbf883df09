// The parts of a client put together: producers, followers, fetchers, the group.
#include "engine/log/kafka_rd_client.hpp"

namespace spate {
namespace {

constexpr std::size_t reports_a_poll = 20'000;
constexpr int64_t house_interval_ns = 500'000'000;
constexpr std::size_t hanging_max = 8;
// Two who bear one name throw each other out twice a second; no broker is killed so often.
constexpr std::size_t fenced_max = 4;
constexpr int64_t fenced_within_ns = 20'000'000'000;

}  // namespace

Result<std::unique_ptr<KafkaRdClient>> KafkaRdClient::open(KafkaRdOptions options,
                                                           const Clock& clock) {
  TRY(check_kafka_properties(options.properties));
  std::unique_ptr<KafkaRdClient> client(new KafkaRdClient(std::move(options), clock));
  TRY(client->start());
  return client;
}

KafkaRdClient::KafkaRdClient(KafkaRdOptions options, const Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      callbacks_(std::make_shared<RdCallbacks>(options_.tell)),
      reaper_(std::make_unique<KafkaRdReaper>(options_.close_ms_max)),
      asker_(std::make_unique<KafkaRdAsker>(options_.topics, *callbacks_)) {}

KafkaRdClient::~KafkaRdClient() {
  callbacks_->set_bell(nullptr);
  asker_.reset();
  reap(std::move(group_));  // first: the others may take over while the rest ends
  outcomes_.reset();
  commands_.reset();
  old_commands_.reset();
  for (auto& f : followers_) reap(std::move(f));
  for (auto& f : fetchers_) reap(std::move(f));
  reaper_.reset();
}

/// Ends a part on the reaper's thread, which keeps what librdkafka still calls.
template <class Part>
void KafkaRdClient::reap(Part part) {
  if (part == nullptr) return;
  const std::shared_ptr<typename Part::element_type> shared(part.release());
  reaper_->take([shared, callbacks = callbacks_] { shared->close(); });
}

Result<RdConf> KafkaRdClient::conf(KafkaRole role, KafkaPropertyList ours) const {
  ours.emplace_back("bootstrap.servers", options_.brokers);
  ours.emplace_back("client.id", options_.client_id);
  return kafka_conf(role, options_.properties, ours, *callbacks_);
}

Result<void> KafkaRdClient::start() {
  for (const LogSide side : {LogSide::commands, LogSide::outcomes}) {
    const auto i = static_cast<std::size_t>(side);
    TRY(RdConf follows,
        conf(KafkaRole::follower, KafkaRdFollower::properties(side, options_.follow)));
    TRY(RdClient follower, kafka_instance(KafkaRole::follower, std::move(follows)));
    followers_[i] = std::make_unique<KafkaRdFollower>(
        std::move(follower), side, options_.topics, options_.follow, *callbacks_, *asker_);
    const KafkaRdFetcher::Limits limits{options_.fetch_ms_max, options_.fetch_bytes_max};
    const auto make = [this, side, limits]() -> Result<RdClient> {
      TRY(RdConf fetches, conf(KafkaRole::fetcher, KafkaRdFetcher::properties(side, limits)));
      return kafka_instance(KafkaRole::fetcher, std::move(fetches));
    };
    TRY(RdClient fetcher, make());
    const auto end = [this](KafkaRdFetchers::StreamPtr unused) {
      reaper_->take([unused, callbacks = callbacks_] { unused->close(); });
    };
    fetchers_[i] = std::make_unique<KafkaRdFetchers>(std::move(fetcher), make, end, side,
                                                     options_.topics, limits, clock_);
    asker_->ask_through(side, fetchers_[i]->instance());
  }
  TRY(commands_, make_producer(0));
  TRY(outcomes_, make_producer(++last_session_));
  return {};
}

Result<void> KafkaRdClient::start_group() {
  TRY(RdConf joins, conf(KafkaRole::group,
                         KafkaRdGroup::properties(options_.group, options_.instance)));
  rd_kafka_conf_set_events(joins.get(), RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_ERROR |
                                            RD_KAFKA_EVENT_OFFSET_COMMIT | RD_KAFKA_EVENT_STATS);
  TRY(RdClient member, kafka_instance(KafkaRole::group, std::move(joins)));
  group_ = std::make_unique<KafkaRdGroup>(std::move(member), options_.topics, clock_, *callbacks_);
  return group_->join();
}

Result<bool> KafkaRdClient::poll_group(KafkaSink& sink) {
  if (group_wanted_.exchange(false) && group_ == nullptr && !options_.group.empty())
    TRY(start_group());
  if (group_ == nullptr) return false;
  const bool came = group_->poll(sink);
  if (!group_->fenced().empty() && !group_->has_left()) {
    sink.electing();
    TRY(join_anew());
  }
  return came;
}

/// Which of two bearers of a name is wrong cannot be told from here. Each throws the other out
/// when it joins, so the one that was there first is the first to have been thrown out too often.
Result<void> KafkaRdClient::join_anew() {
  const int64_t now = clock_.monotonic_ns();
  fenced_at_ns_.push_back(now);
  while (now - fenced_at_ns_.front() > fenced_within_ns) fenced_at_ns_.pop_front();
  const std::string why = "the group knows us no more: " + group_->fenced();
  if (fenced_at_ns_.size() >= fenced_max)
    return stop("kafka_instance_taken",
                why + "; it comes again and again: another process runs with the same kafka.instance, "
                      "or in a clone of this disk: give each a kafka.instance, or remove "
                      "kafka/instance from the clone's --data");
  callbacks_->tell("kafka group: " + why + "; we join anew");
  reap(std::move(group_));
  return start_group();
}

Result<KafkaRdClient::ProducerPtr> KafkaRdClient::make_producer(uint64_t session) {
  const KafkaRole role = session == 0 ? KafkaRole::commands : KafkaRole::session;
  TRY(RdConf produces,
      conf(role, {{"message.max.bytes", std::to_string(options_.message_bytes_max)},
                  {"queue.buffering.max.messages", std::to_string(options_.send_records_max)},
                  {"queue.buffering.max.kbytes", std::to_string(options_.send_bytes_max / 1024)}}));
  TRY(auto made, KafkaRdProducer::open(session, std::move(produces), options_.topics, *callbacks_));
  // The last to use it may be a sender or the asker: wherever that is, the reaper ends it.
  ProducerPtr producer(made.release(), [this](KafkaRdProducer* last) {
    reap(std::unique_ptr<KafkaRdProducer>(last));
  });
  asker_->warm(producer, producer->instance());
  return producer;
}

KafkaRdClient::ProducerPtr KafkaRdClient::producer(const ProducerPtr& which) const {
  const std::lock_guard lock(producers_mutex_);
  return which;
}

void KafkaRdClient::replace(ProducerPtr& which, ProducerPtr by) {
  const std::lock_guard lock(producers_mutex_);
  which.swap(by);
}

uint64_t KafkaRdClient::open_session() {
  if (auto next = make_producer(++last_session_)) replace(outcomes_, std::move(*next));
  else fault_ = std::move(next.error());  // told by the next poll
  return last_session_;
}

KafkaClient::Sent KafkaRdClient::send_outcome(PartitionId partition, uint64_t token, Bytes key,
                                              Bytes value) {
  return producer(outcomes_)->send(partition, token, key, value, {});
}

std::size_t KafkaRdClient::send_outcomes(PartitionId partition, uint64_t token,
                                         std::span<const KafkaOutcome> outcomes) {
  return producer(outcomes_)->send(partition, token, outcomes);
}

KafkaClient::Sent KafkaRdClient::send_command(PartitionId partition, uint64_t token, Bytes key,
                                              Bytes value, std::span<const KafkaHeader> headers) {
  return producer(commands_)->send(partition, token, key, value, headers);
}

KafkaRoom KafkaRdClient::room(KafkaPlace place) const {
  const bool is_command = place.side == LogSide::commands;
  return producer(is_command ? commands_ : outcomes_)->room(place.partition);
}

void KafkaRdClient::follow(KafkaPlace place, int64_t from) {
  follower(place.side).follow(place.partition, from);
}

void KafkaRdClient::unfollow(KafkaPlace place) { follower(place.side).unfollow(place.partition); }

void KafkaRdClient::hold(KafkaPlace place, bool held) {
  follower(place.side).hold(place.partition, held);
}

void KafkaRdClient::ask_end(KafkaPlace place) {
  asker_->ask(place, KafkaRdAsker::About::end);
}

void KafkaRdClient::leave_group() {
  group_wanted_.store(false);
  if (group_ != nullptr) group_->leave();
}

void KafkaRdClient::on_event(Bell* bell) { callbacks_->set_bell(bell); }

Result<void> KafkaRdClient::fetch(KafkaPlace place, int64_t from, std::size_t bytes_max,
                                  const std::function<void(std::span<const KafkaRecord>)>& take) {
  return fetchers_[static_cast<std::size_t>(place.side)]->fetch(place.partition, from, bytes_max,
                                                                take);
}

Result<std::size_t> KafkaRdClient::members() const {
  constexpr int ask_ms_max = 1'000;
  const rd_kafka_group_list* found = nullptr;
  const auto error =
      rd_kafka_list_groups(fetchers_[static_cast<std::size_t>(LogSide::commands)]->instance(),
                           options_.group.c_str(), &found, ask_ms_max);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
    return retry("kafka_unreachable",
                 std::string("who is in the group is not told: ") + rd_kafka_err2str(error));
  std::size_t count = 0;
  for (int i = 0; i < found->group_cnt; ++i)
    count += static_cast<std::size_t>(found->groups[i].member_cnt);
  rd_kafka_group_list_destroy(found);
  return count;
}

/// One request a broker: "the end" is a time that may be asked for.
Result<std::vector<std::pair<PartitionId, int64_t>>> KafkaRdClient::ends(LogSide side) const {
  constexpr int ask_ms_max = 1'000;
  const RdPlaces list(rd_kafka_topic_partition_list_new(0));
  std::vector<std::pair<PartitionId, int64_t>> ends;
  for (const KafkaDomainTopics& topics : options_.topics) {
    for (uint16_t index = 0; index < topics.partitions; ++index) {
      rd_kafka_topic_partition_list_add(list.get(), topics.of(side).c_str(), index)->offset =
          RD_KAFKA_OFFSET_END;
      ends.push_back({{topics.domain, index}, -1});
    }
  }
  rd_kafka_t* instance = fetchers_[static_cast<std::size_t>(side)]->instance();
  auto error = rd_kafka_offsets_for_times(instance, list.get(), ask_ms_max);
  for (int i = 0; i < list->cnt && error == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
    error = list->elems[i].err;
    ends[static_cast<std::size_t>(i)].second = list->elems[i].offset;
  }
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return ends;
  return retry("kafka_unreachable",
               std::string("where the topics end is not told: ") + rd_kafka_err2str(error));
}

Result<Step> KafkaRdClient::poll(KafkaSink& sink) {
  if (fault_) return pass_on(std::move(*fault_));
  bool worked = producer(outcomes_)->poll(sink, reports_a_poll) > 0;
  worked |= commands_->poll(sink, reports_a_poll) > 0;
  if (old_commands_ != nullptr) worked |= old_commands_->poll(sink, reports_a_poll) > 0;
  worked |= poll_answers(sink);
  for (auto& followed : followers_) worked |= followed->poll(sink);
  TRY(const bool group_worked, poll_group(sink));
  worked |= group_worked;
  TRY(keep_house());
  return worked ? Step::worked : Step::idle;
}

bool KafkaRdClient::poll_answers(KafkaSink& sink) {
  const auto answers = asker_->answers();
  for (const KafkaRdAsker::Answer& answer : answers) {
    if (answer.about == KafkaRdAsker::About::end) sink.end(answer.place, answer.offset);
    else if (follower(answer.place.side).lost(answer.place.partition))
      sink.out_of_range(answer.place, answer.offset);
  }
  return !answers.empty();
}

Result<void> KafkaRdClient::keep_house() {
  const int64_t now = clock_.monotonic_ns();
  if (now - kept_house_at_ns_ < house_interval_ns) return {};
  kept_house_at_ns_ = now;
  TRY(mend_producers());
  for (auto& f : fetchers_) f->tidy(), f->keep_house();
  for (auto& f : followers_) f->keep_house();
  if (reaper_->waiting() > hanging_max)
    return stop("kafka_client", "closed sessions hang in librdkafka: a restart frees them");
  if (group_ != nullptr && now - committed_at_ns_ > options_.commit_interval_ms * 1'000'000) {
    committed_at_ns_ = now;
    commit_positions();
  }
  return {};
}

/// A broken session is replaced by whoever owns partitions; of the commands' producer nobody knows.
Result<void> KafkaRdClient::mend_producers() {
  if (old_commands_ != nullptr && old_commands_->settled()) old_commands_.reset();
  if (!commands_->broken() || old_commands_ != nullptr) return {};
  TRY(ProducerPtr next, make_producer(0));
  old_commands_ = producer(commands_);
  replace(commands_, std::move(next));
  old_commands_->give_up();
  return {};
}

void KafkaRdClient::commit_positions() {
  std::vector<std::pair<PartitionId, int64_t>> positions;
  for (const PartitionId partition : group_->elected()) {
    const int64_t next = follower(LogSide::commands).position(partition);
    if (next >= 0) positions.emplace_back(partition, next);
  }
  group_->commit(positions);
}

}  // namespace spate
