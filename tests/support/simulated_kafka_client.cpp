// The client of a node: what it is handed comes late, in parts, and not at all while it is cut.
#include <optional>

#include "tests/support/simulated_kafka.hpp"

namespace spate {

class SimulatedKafkaClient final : public KafkaClient {
 public:
  SimulatedKafkaClient(SimulatedKafka& kafka, std::size_t number)
      : kafka_(kafka), number_(number), node_(*kafka.nodes_[number]) {}
  ~SimulatedKafkaClient() override {
    std::lock_guard lock(kafka_.mutex_);
    kafka_.close(number_);
  }

  uint64_t open_session() override {
    std::lock_guard lock(kafka_.mutex_);
    kafka_.close_session(number_);
    return ++node_.session;
  }
  Sent send_outcome(PartitionId partition, uint64_t token, Bytes key, Bytes value) override {
    std::lock_guard lock(kafka_.mutex_);
    ENSURE(node_.session != 0);
    return send(node_.session, {partition, LogSide::outcomes}, token, key, value, {});
  }
  std::size_t send_outcomes(PartitionId partition, uint64_t token,
                            std::span<const KafkaOutcome> outcomes) override {
    ENSURE(outcomes.size() + under_way({partition, LogSide::outcomes}) <= request_max);
    return KafkaClient::send_outcomes(partition, token, outcomes);
  }
  Sent send_command(PartitionId partition, uint64_t token, Bytes key, Bytes value,
                    std::span<const KafkaHeader> headers) override {
    std::lock_guard lock(kafka_.mutex_);
    return send(0, {partition, LogSide::commands}, token, key, value, headers);
  }

  /// Little, so that whole batches wait and others are cut.
  KafkaRoom room(KafkaPlace place) const override {
    constexpr std::size_t at_once = 5;
    const std::size_t now = under_way(place);
    if (now == 0) return {request_max};
    return {now < at_once ? at_once - now : 0};
  }

  void follow(KafkaPlace place, int64_t from) override {
    std::lock_guard lock(kafka_.mutex_);
    node_.following[place] = {from, false};
  }
  void unfollow(KafkaPlace place) override {
    std::lock_guard lock(kafka_.mutex_);
    node_.following.erase(place);
  }
  void hold(KafkaPlace place, bool held) override {
    std::lock_guard lock(kafka_.mutex_);
    if (const auto at = node_.following.find(place); at != node_.following.end())
      at->second.held = held;
  }
  void ask_end(KafkaPlace place) override {
    std::lock_guard lock(kafka_.mutex_);
    node_.questions.push_back({place, kafka_.topics_[place].end});
  }

  void leave_group() override {
    const std::lock_guard lock(kafka_.mutex_);
    node_.has_left = true;
    node_.elections.clear();
  }
  Result<Step> poll(KafkaSink& sink) override;
  void on_event(Bell* bell) override { node_.bell = bell; }
  Result<void> fetch(KafkaPlace place, int64_t from, std::size_t bytes_max,
                     const std::function<void(std::span<const KafkaRecord>)>& take) override;

 private:
  static constexpr std::size_t request_max = 8;
  /// What a place has taken of the current session and not yet reported.
  std::size_t under_way(KafkaPlace place) const {
    std::lock_guard lock(kafka_.mutex_);
    const uint64_t session = place.side == LogSide::outcomes ? node_.session : 0;
    const auto found = node_.under_way.find({session, place});
    return found == node_.under_way.end() ? 0 : found->second;
  }
  using Record = SimulatedKafka::Record;

  Sent send(uint64_t session, KafkaPlace place, uint64_t token, Bytes key, Bytes value,
            std::span<const KafkaHeader> headers);
  bool late() { return kafka_.odds_.late && kafka_.random_.one_in(3); }
  bool hand_reports(KafkaSink& sink);
  bool hand_elections(KafkaSink& sink);
  bool hand_ends(KafkaSink& sink);
  bool hand_records(KafkaPlace place, KafkaSink& sink);
  std::vector<Record> records_from(KafkaPlace place, int64_t from, std::size_t count);

  SimulatedKafka& kafka_;
  const std::size_t number_;
  SimulatedKafka::Node& node_;
};

namespace {

/// Records as they are handed over: views, at odd places in memory.
class HandedRecords {
 public:
  explicit HandedRecords(const std::vector<SimulatedKafka::Record>& records) {
    for (const auto& record : records) {
      KafkaRecord handed{record.offset, record.timestamp_ms, as_bytes(record.key), {}, {}};
      auto& bytes = values_.emplace_back("?" + record.value);
      handed.value = as_bytes(std::string_view(bytes).substr(1));
      auto& headers = headers_.emplace_back();
      for (const auto& [name, value] : record.headers) headers.push_back({name, as_bytes(value)});
      handed.headers = headers;
      handed_.push_back(handed);
    }
  }
  std::span<const KafkaRecord> records() const { return handed_; }

 private:
  std::deque<std::string> values_;
  std::deque<std::vector<KafkaHeader>> headers_;
  std::vector<KafkaRecord> handed_;
};

}  // namespace

std::unique_ptr<KafkaClient> SimulatedKafka::connect() {
  std::lock_guard lock(mutex_);
  nodes_.push_back(std::make_unique<Node>());
  return std::make_unique<SimulatedKafkaClient>(*this, nodes_.size() - 1);
}

KafkaClient::Sent SimulatedKafkaClient::send(uint64_t session, KafkaPlace place, uint64_t token,
                                             Bytes key, Bytes value,
                                             std::span<const KafkaHeader> headers) {
  if (kafka_.one_in(kafka_.odds_.full)) return Sent::full;
  SimulatedKafka::Message message{token, false, {}};
  message.record.key = as_text(key);
  message.record.value = as_text(value);
  ++node_.under_way[{session, place}];
  if (session != 0 && session == node_.failed_session) {
    kafka_.report({number_, session, place}, message, KafkaReport::Fate::failed, -1);
    return Sent::yes;
  }
  for (const KafkaHeader& header : headers)
    message.record.headers.emplace_back(header.name, as_text(header.value));
  kafka_.lines_[{number_, session, place}].push_back(std::move(message));
  return Sent::yes;
}

/// One thing is taken at a time under the lock and handed over without it, because a sink calls
/// back and threads that hold locks of its own send.
Result<Step> SimulatedKafkaClient::poll(KafkaSink& sink) {
  bool worked = hand_elections(sink);
  worked |= hand_reports(sink);
  worked |= hand_ends(sink);
  std::vector<KafkaPlace> places;
  {
    std::lock_guard lock(kafka_.mutex_);
    for (const auto& [place, following] : node_.following) places.push_back(place);
  }
  for (const KafkaPlace place : places) worked |= hand_records(place, sink);
  return worked ? Step::worked : Step::idle;
}

bool SimulatedKafkaClient::hand_elections(KafkaSink& sink) {
  std::optional<std::vector<PartitionId>> partitions;
  {
    std::lock_guard lock(kafka_.mutex_);
    if (node_.elections.empty() || node_.is_cut) return false;
    partitions = std::move(node_.elections.front());
    node_.elections.pop_front();
  }
  partitions ? sink.elected(*partitions) : sink.electing();
  return true;
}

bool SimulatedKafkaClient::hand_reports(KafkaSink& sink) {
  for (bool any = false;; any = true) {
    KafkaReport report;
    {
      std::lock_guard lock(kafka_.mutex_);
      if (node_.reports.empty() || late()) return any;
      report = std::move(node_.reports.front());
      node_.reports.pop_front();
      auto& under_way = node_.under_way[{report.session, report.place}];
      under_way -= std::min<std::size_t>(under_way, 1);  // some reports come twice
    }
    sink.report(report);
  }
}

bool SimulatedKafkaClient::hand_ends(KafkaSink& sink) {
  for (bool any = false;; any = true) {
    KafkaPlace place;
    int64_t end = 0;
    {
      std::lock_guard lock(kafka_.mutex_);
      if (node_.questions.empty() || node_.is_cut || kafka_.odds_.unanswered || late())
        return any;
      const auto question = node_.questions.front();
      node_.questions.pop_front();
      place = question.place;
      end = kafka_.random_.one_in(2) ? question.asked_at : kafka_.topics_[place].end;
    }
    sink.end(place, end);
  }
}

bool SimulatedKafkaClient::hand_records(KafkaPlace place, KafkaSink& sink) {
  std::vector<Record> records;
  std::optional<int64_t> begin;
  int64_t passed = -1;
  {
    std::lock_guard lock(kafka_.mutex_);
    const auto at = node_.following.find(place);
    if (at == node_.following.end() || at->second.held || node_.is_cut || late()) return false;
    const auto& stored = kafka_.topics_[place];
    if (at->second.next < stored.begin || at->second.next > stored.end) {
      begin = stored.begin;
      node_.following.erase(at);
    } else {
      const std::size_t count = kafka_.odds_.late ? 1 + kafka_.random_.below(16) : 1000;
      records = records_from(place, at->second.next, count);
      passed = records.empty() ? stored.end : -1;
      if (at->second.next == passed) return false;
      at->second.next = records.empty() ? passed : records.back().offset + 1;
    }
  }
  if (begin) sink.out_of_range(place, *begin);
  else if (passed >= 0) sink.passed(place, passed);
  else sink.records(place, HandedRecords(records).records());
  return true;
}

std::vector<SimulatedKafka::Record> SimulatedKafkaClient::records_from(KafkaPlace place,
                                                                       int64_t from,
                                                                       std::size_t count) {
  const auto& all = kafka_.topics_[place].records;
  auto at = std::partition_point(all.begin(), all.end(),
                                 [from](const Record& record) { return record.offset < from; });
  std::vector<Record> some;
  for (; at != all.end() && some.size() < count; ++at) some.push_back(*at);
  return some;
}

Result<void> SimulatedKafkaClient::fetch(
    KafkaPlace place, int64_t from, std::size_t bytes_max,
    const std::function<void(std::span<const KafkaRecord>)>& take) {
  std::vector<Record> records;
  {
    std::lock_guard lock(kafka_.mutex_);
    ++kafka_.fetches_;
    if (node_.is_cut || kafka_.one_in(kafka_.odds_.fetch_fails))
      return retry("kafka_unreachable", "simulated");
    if (from < kafka_.topics_[place].begin) return stop("kafka_gone", "simulated");
    for (Record& record : records_from(place, from, 1000)) {
      const std::size_t bytes = record.value.size();
      records.push_back(std::move(record));
      if (bytes >= bytes_max) break;
      bytes_max -= bytes;
    }
  }
  if (records.empty()) return retry("kafka_unreachable", "not there yet");
  take(HandedRecords(records).records());
  return {};
}

}  // namespace spate
