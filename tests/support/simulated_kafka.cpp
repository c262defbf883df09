// The cluster and its network; the client that a node holds is in simulated_kafka_client.cpp.
#include "tests/support/simulated_kafka.hpp"

namespace spate {

bool SimulatedKafka::is_open(const Line& line) const {
  const Node& node = *nodes_[line.node];
  return node.alive && (line.session == 0 || line.session == node.session);
}

bool SimulatedKafka::step() {
  std::lock_guard lock(mutex_);
  std::vector<std::map<Line, std::deque<Message>>::iterator> movable;
  for (auto at = lines_.begin(); at != lines_.end(); ++at)
    if (!nodes_[at->first.node]->is_cut || !is_open(at->first)) movable.push_back(at);
  if (movable.empty()) return false;
  const auto chosen = movable[random_.below(movable.size())];
  for (uint64_t n = 1 + random_.below(8); n > 0 && !chosen->second.empty(); --n)
    move(chosen->first, chosen->second);
  if (chosen->second.empty()) lines_.erase(chosen);
  return true;
}

/// What becomes of the foremost message of a line.
void SimulatedKafka::move(const Line& line, std::deque<Message>& messages) {
  Message& message = messages.front();
  using Fate = KafkaReport::Fate;
  if (!is_open(line)) {
    if (!one_in(odds_.dropped_closed)) append(line.place, std::move(message.record));
  } else if (message.reported) {
    append(line.place, std::move(message.record));
  } else if (overtake(line, messages)) {
    return;
  } else if (one_in(odds_.straggling)) {
    return report(line, message, Fate::failed, -1);  // stays
  } else if (one_in(odds_.lost)) {
    report(line, message, Fate::failed, -1);
  } else if (one_in(odds_.failed_but_kept)) {
    append(line.place, std::move(message.record));
    report(line, message, Fate::failed, -1);
  } else {
    if (one_in(odds_.written_twice)) append(line.place, message.record);
    const int64_t offset = append(line.place, std::move(message.record));
    report(line, message, Fate::delivered, one_in(odds_.without_offset) ? -1 : offset);
  }
  messages.pop_front();
}

bool SimulatedKafka::overtake(const Line& line, std::deque<Message>& messages) {
  if (messages.size() < 2 || messages[1].reported || !one_in(odds_.overtaken)) return false;
  const int64_t first = append(line.place, std::move(messages[1].record));
  const int64_t second = append(line.place, std::move(messages[0].record));
  report(line, messages[0], KafkaReport::Fate::delivered, second);
  report(line, messages[1], KafkaReport::Fate::delivered, first);
  messages.erase(messages.begin(), messages.begin() + 2);
  return true;
}

void SimulatedKafka::report(const Line& line, Message& message, KafkaReport::Fate fate,
                            int64_t offset) {
  message.reported = true;
  Node& node = *nodes_[line.node];
  const char* reason = fate == KafkaReport::Fate::failed ? "simulated" : "";
  const bool is_outcome = line.place.side == LogSide::outcomes;
  if (is_outcome && fate == KafkaReport::Fate::failed) node.failed_session = line.session;
  for (int times = is_outcome && one_in(odds_.acknowledged_twice) ? 2 : 1; times > 0; --times)
    node.reports.push_back({line.place, line.session, message.token, fate, offset, reason});
  if (node.bell != nullptr) node.bell->ring();
}

int64_t SimulatedKafka::append(KafkaPlace place, Record record) {
  Stored& stored = topics_[place];
  if (place.side == LogSide::commands && one_in(odds_.offset_gap)) ++stored.end;
  record.offset = stored.end++;
  record.timestamp_ms = clock_.wall().ns / 1'000'000;
  const int64_t offset = record.offset;
  stored.records.push_back(std::move(record));
  ring(place);
  return offset;
}

void SimulatedKafka::ring(KafkaPlace place) {
  for (const auto& node : nodes_)
    if (node->alive && node->bell != nullptr && node->following.contains(place)) node->bell->ring();
}

/// What had left may still arrive, the end of a line is dropped: never sent.
void SimulatedKafka::close_session(std::size_t number) {
  Node& node = *nodes_[number];
  for (auto at = lines_.begin(); at != lines_.end();) {
    auto& [line, messages] = *at;
    if (line.node == number && line.session == node.session)
      messages.resize(random_.below(messages.size() + 1));
    at = messages.empty() ? lines_.erase(at) : std::next(at);
  }
  std::erase_if(node.reports, [](const KafkaReport& r) { return r.session != 0; });
}

void SimulatedKafka::close(std::size_t number) {
  Node& node = *nodes_[number];
  close_session(number);
  node.session = 0;  // that of its commands
  close_session(number);
  node.following.clear();
  node.reports.clear();
  node.questions.clear();
  node.bell = nullptr;
  node.alive = false;
}

void SimulatedKafka::cut(std::size_t node, bool is_cut) {
  std::lock_guard lock(mutex_);
  nodes_[node]->is_cut = is_cut;
}

void SimulatedKafka::choose_anew(std::size_t node) { tell(node, std::nullopt); }

void SimulatedKafka::elect(std::size_t node, std::vector<PartitionId> partitions) {
  tell(node, std::move(partitions));
}

void SimulatedKafka::tell(std::size_t node, std::optional<std::vector<PartitionId>> elected) {
  std::lock_guard lock(mutex_);
  if (nodes_[node]->has_left) return;
  nodes_[node]->elections.push_back(std::move(elected));
  if (nodes_[node]->bell != nullptr) nodes_[node]->bell->ring();
}

void SimulatedKafka::produce(KafkaPlace place, Record record) {
  std::lock_guard lock(mutex_);
  append(place, std::move(record));
}

void SimulatedKafka::leave_gap(KafkaPlace place, int64_t offsets) {
  std::lock_guard lock(mutex_);
  topics_[place].end += offsets;
  ring(place);
}

void SimulatedKafka::trim(KafkaPlace place, int64_t begin) {
  std::lock_guard lock(mutex_);
  Stored& stored = topics_[place];
  stored.begin = begin;
  std::erase_if(stored.records, [begin](const Record& record) { return record.offset < begin; });
}

}  // namespace spate
