// What the nodes of a fight do, and what is checked each time they believe something.
#include "tests/support/kafka_fight.hpp"

#include "engine/log/chain.hpp"
#include "schemas/envelope_generated.h"
#include "tests/support/log_records.hpp"

namespace spate {

/// A node's part in one partition, as a processor would keep it.
struct KafkaFight::Line {
  bool owned = false;
  Epoch epoch;
  Tail tail;                                // with what is not durable
  uint64_t believed = 0;                    // the last sequence acknowledged
  std::map<uint64_t, uint64_t> hashes;      // of what was appended, by sequence
  std::shared_ptr<const RecordBatch> held;  // found the log full
};

struct KafkaFight::Node {
  std::size_t number = 0;  // at the cluster
  std::unique_ptr<KafkaClient> client;
  std::unique_ptr<KafkaLog> log;
  RawCommandDoor door;
  std::vector<Line> lines;
  uint64_t claims = 0;
  bool has_left = false;
};

namespace {

constexpr int64_t ms = 1'000'000;

KafkaLogLimits small_limits() {
  KafkaLogLimits limits;
  limits.undurable_bytes_max = 16 << 10;
  limits.recent_bytes_max = 4 << 10;
  limits.queued_command_bytes_max = 1 << 10;
  limits.claim_delay_ns_min = 5 * ms;
  limits.claim_delay_ns_max = 80 * ms;
  limits.rival_delay_ns_min = 30 * ms;
  limits.rival_delay_ns_max = 200 * ms;
  limits.mark_delay_ns = 30 * ms;
  limits.note_interval_ns = 100 * ms;
  limits.offset_runs_max = 6;  // fewer than there are claims: old outcomes are searched for, too
  return limits;
}

KafkaOdds odds_of(SeededRandom& random) {
  KafkaOdds odds;
  const auto some = [&](uint32_t n) {
    return random.one_in(3) ? 0 : n + static_cast<uint32_t>(random.below(n));
  };
  odds.failed_but_kept = some(60);
  odds.lost = some(60);
  odds.straggling = some(60);
  odds.overtaken = some(200);
  odds.without_offset = some(12);
  odds.acknowledged_twice = some(30);
  odds.written_twice = some(60);
  odds.dropped_closed = some(6);
  odds.full = some(20);
  odds.offset_gap = some(10);
  odds.fetch_fails = some(10);
  odds.late = !random.one_in(4);
  return odds;
}

}  // namespace

KafkaFight::KafkaFight(const FightOptions& options)
    : options_(options),
      topology_({{"redemptions", 1, options.partitions}}),
      random_(options.seed),
      kafka_(topology_, random_.next(), clock_) {
  kafka_.set_odds(odds_of(random_));
  for (const PartitionId id : topology_.partitions()) judges_.emplace_back(kafka_, id);
  nodes_.resize(options.nodes);
  for (std::size_t place = 0; place < options.nodes; ++place) {
    disks_.emplace_back(random_.next());
    revive(place);
  }
}

KafkaFight::~KafkaFight() = default;

/// The node dies where it stands, with its machine perhaps, and starts again from its notes.
void KafkaFight::revive(std::size_t place) {
  nodes_[place].reset();
  SimulatedDisk& disk = disks_[place];
  if (random_.one_in(3)) disk.cut_power();
  disk.restart();
  KafkaNotes notes(disk, {{1, 1}, 1});
  for (const PartitionId id : topology_.partitions()) report_.resumed += notes.read(id).has_value();
  nodes_[place] = std::make_unique<Node>();
  Node& node = *nodes_[place];
  node.number = connected_++;
  node.client = kafka_.connect();
  node.lines.resize(topology_.partitions().size());
  KafkaLogParts parts{topology_, {{1, 1}, 1}, node.client.get(), &clock_, &node.door, &disk};
  parts.node = {random_.next(), "node:" + std::to_string(node.number),
                [this] { return random_.next(); }, {}};
  parts.limits = small_limits();
  node.log = std::make_unique<KafkaLog>(std::move(parts));
}

PartitionId KafkaFight::any_partition() {
  return topology_.partitions()[random_.below(topology_.partitions().size())];
}
KafkaFight::Node& KafkaFight::any_node() { return *nodes_[random_.below(nodes_.size())]; }

void KafkaFight::note(uint64_t what) {
  const uint64_t pair[2] = {report_.trace, what};
  report_.trace = xxh3_64({reinterpret_cast<const uint8_t*>(pair), sizeof pair});
}

void KafkaFight::fail(const std::string& what) {
  if (report_.fault.empty()) report_.fault = what;
}

FightReport KafkaFight::run() {
  elect_at_random();
  for (uint64_t i = 0; i < options_.steps && report_.fault.empty(); ++i) {
    act();
    if (random_.one_in(40)) mischief();
  }
  if (report_.fault.empty()) heal();
  if (report_.fault.empty()) check();
  if (report_.fault.empty()) retire();
  for (OutcomeJudge& judge : judges_) {
    report_.stragglers += judge.stragglers();
    report_.voids += judge.voided();
    report_.marks += judge.marks();
    if (!judge.wrong().empty()) fail(judge.wrong());
  }
  return report_;
}

void KafkaFight::act() {
  clock_.advance_ns(static_cast<int64_t>(random_.below(2 * ms)));
  Node& node = any_node();
  const PartitionId id = any_partition();
  switch (random_.below(8)) {
    case 0:
    case 1: kafka_.step(); break;
    case 2:
    case 3: step(node); break;
    case 4: decide(node, id); break;
    case 5: hear(node, id); break;
    case 6: random_.one_in(2) ? send_commands() : read(node, id); break;
    default: acquire(node, id);
  }
}

void KafkaFight::mischief() {
  switch (random_.below(8)) {
    case 0:
    case 1: elect_at_random(); break;
    case 6:  // another system's transaction that was taken back
      kafka_.leave_gap({any_partition(), LogSide::commands}, 1 + random_.below(3));
      break;
    case 2: kafka_.cut(any_node().number, true); break;
    case 3:
      for (const auto& node : nodes_) kafka_.cut(node->number, false);
      break;
    case 4: {
      Node& node = any_node();
      if (node.has_left || !random_.one_in(3)) break;
      node.has_left = true;
      ++report_.departures;
      node.log->leave();
      elect_at_random();
      break;
    }
    case 5:
      if (!random_.one_in(3)) break;
      ++report_.deaths;
      revive(random_.below(nodes_.size()));
      elect_at_random();
      break;
    default: clock_.advance_ns(static_cast<int64_t>(random_.below(500)) * ms);
  }
}

/// Often two nodes believe to be elected for one partition, and now and then none does.
void KafkaFight::elect_at_random() {
  std::vector<std::vector<PartitionId>> of(nodes_.size());
  for (const PartitionId id : topology_.partitions()) {
    of[random_.below(nodes_.size())].push_back(id);
    auto& second = of[random_.below(nodes_.size())];
    if (random_.one_in(2) && (second.empty() || second.back() != id)) second.push_back(id);
  }
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (random_.one_in(4)) kafka_.choose_anew(nodes_[i]->number);
    if (!random_.one_in(4)) kafka_.elect(nodes_[i]->number, of[i]);  // else it is not told
  }
}

void KafkaFight::send_commands() {
  const PartitionId id = any_partition();
  const std::size_t count = 1 + random_.below(6);
  if (random_.one_in(3)) {
    kafka_.produce({id, LogSide::commands},
                   {.key = "foreign", .value = "not ours", .headers = {{"ce_id", "1"}}});
    return;
  }
  any_node().log->append_commands(id, command_batch(id, {sent_ + 1}, count));
  sent_ += count;
}

void KafkaFight::step(Node& node) {
  const auto stepped = node.log->step();
  if (!stepped) fail("a client stopped: " + stepped.error().detail);
}

void KafkaFight::acquire(Node& node, PartitionId id) {
  Line& line = node.lines[topology_.dense_index(id)];
  if (line.owned && !random_.one_in(50)) return;
  const auto owned = node.log->acquire(id);
  line = {};
  if (!owned && owned.error().action != FaultAction::retry)
    return fail("a partition stopped: " + owned.error().detail);
  if (!owned) return;
  ++report_.acquired;
  line = {true, owned->epoch, owned->tail, owned->tail.sequence.value, {}, nullptr};
  const auto& valid = judge(id).valid();
  const uint64_t sequence = line.believed;
  note(sequence * 31 + owned->epoch.value);
  if (sequence > valid.size()) return fail("an owner begins behind what is in the topic");
  if (sequence == 0) return;
  if (valid[sequence - 1].hash != owned->tail.chain) fail("an owner begins on another history");
  // Others may have gone on since, unseen by it.
  const uint64_t resume = owned->tail.cause.value;
  const bool is_last = sequence == valid.size();
  if (resume < valid[sequence - 1].cause || resume > judge(id).decided() ||
      (!is_last && resume >= valid[sequence].cause))
    fail("an owner resumes elsewhere");
}

void KafkaFight::decide(Node& node, PartitionId id) {
  Line& line = node.lines[topology_.dense_index(id)];
  if (!line.owned) return;
  if (line.held == nullptr) {
    const auto read = node.log->read(LogSide::commands, id, line.tail.cause.value + 1, 1000);
    if (!read && read.error().action != FaultAction::retry)
      return fail("commands cannot be read: " + read.error().detail);
    if (!read || *read == nullptr) return;
    Tail tail = line.tail;
    auto batch = std::make_shared<RecordBatch>(id, LogSide::outcomes);
    std::size_t wanted = 1 + random_.below(12);
    for (const RecordView& command : **read) {
      if (command.head.number <= line.tail.cause.value || wanted-- == 0) continue;
      const BatchPtr one = outcome_batch(id, tail, line.epoch, {command.head.number}, 1,
                                         "node " + std::to_string(node.number) + " " +
                                             std::to_string(random_.next()));
      batch->add((*one->begin()).head.number, {(*one->begin()).head.time}, (*one->begin()).body);
      line.hashes[tail.sequence.value] = tail.chain;
      if (wanted == 0) break;
    }
    if (batch->empty()) return;
    line.tail = tail;
    line.held = batch;
  }
  if (node.log->append_outcomes(id, line.epoch, {line.held->first()}, line.held) == Taken::yes)
    line.held = nullptr;
}

/// Each sequence that the node now believes to be durable must be valid in the topic, and its own.
void KafkaFight::hear(Node& node, PartitionId id) {
  Line& line = node.lines[topology_.dense_index(id)];
  if (!line.owned) return;
  const Progress progress = node.log->poll(id);
  const auto& valid = judge(id).valid();
  for (; line.believed < progress.sequence.value; ++line.believed) {
    const uint64_t sequence = line.believed + 1;
    const std::string what = "outcome " + std::to_string(sequence) + " of epoch " +
                             std::to_string(line.epoch.value) + " in partition " +
                             std::to_string(id.index);
    const auto own = line.hashes.find(sequence);
    if (own == line.hashes.end()) return fail(what + " was acknowledged but never appended");
    if (sequence > valid.size()) return fail(what + " was acknowledged but is not valid");
    if (valid[sequence - 1].hash != own->second)
      return fail(what + " was acknowledged but another is valid");
    ++report_.acknowledged;
    note(own->second);
  }
  if (progress.fate == Progress::Fate::durable) return;
  ++(progress.fate == Progress::Fate::conflict ? report_.conflicts : report_.unknowns);
  line = {};
}

void KafkaFight::read(Node& node, PartitionId id) {
  const auto& valid = judge(id).valid();
  const uint64_t from = 1 + random_.below(valid.size() + 1);
  const auto read = node.log->read(LogSide::outcomes, id, from, 1 + random_.below(2000));
  if (!read && read.error().action != FaultAction::retry)
    return fail("outcomes cannot be read: " + read.error().detail);
  if (!read || *read == nullptr) return;
  if ((*read)->first() > from || (*read)->last() < from) return fail("another outcome was read");
  for (const RecordView& record : **read)
    if (record.head.number > valid.size() ||
        next_chain(record.body) != valid[record.head.number - 1].hash)
      return fail("outcome " + std::to_string(record.head.number) + " reads otherwise");
}

/// One node each is elected and nothing fails any more: every command must be decided.
void KafkaFight::heal() {
  kafka_.set_odds({});
  elect_one_each();
  go_on([&] { return settled(); }, "commands are left undecided although nothing fails any more");
}

void KafkaFight::elect_one_each() {
  for (std::size_t place = 0; place < nodes_.size(); ++place)
    if (nodes_[place]->has_left) revive(place);
  std::vector<std::vector<PartitionId>> of(nodes_.size());
  for (const PartitionId id : topology_.partitions())
    of[random_.below(nodes_.size())].push_back(id);
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    kafka_.cut(nodes_[i]->number, false);
    kafka_.elect(nodes_[i]->number, of[i]);
  }
}

void KafkaFight::go_on(const std::function<bool()>& until, const std::string& else_fault) {
  for (int turn = 0; turn < 3000 && report_.fault.empty(); ++turn) {
    clock_.advance_ns(static_cast<int64_t>(random_.below(10 * ms)));
    while (kafka_.step()) continue;
    for (const auto& node : nodes_) {
      step(*node);
      for (const PartitionId id : topology_.partitions()) {
        acquire(*node, id);
        decide(*node, id);
        hear(*node, id);
      }
    }
    if (until()) return;
  }
  fail(else_fault);
}

/// Years later: nothing of the command topics is left that was decided, and no node is the same.
void KafkaFight::retire() {
  for (const PartitionId id : topology_.partitions())
    kafka_.leave_gap({id, LogSide::commands}, random_.below(4));
  go_on([&] { return all_are_marked(); }, "an idle owner does not say how far it came");
  for (const PartitionId id : topology_.partitions()) {
    const KafkaPlace commands{id, LogSide::commands};
    kafka_.trim(commands, kafka_.end(commands));
    kafka_.produce(commands, {.key = "late", .value = "not ours", .headers = {{"ce_id", "2"}}});
  }
  for (std::size_t place = 0; place < nodes_.size(); ++place) revive(place);
  elect_one_each();
  go_on([&] { return settled(); }, "nobody goes on behind commands that retention took");
}

bool KafkaFight::all_are_marked() {
  for (const PartitionId id : topology_.partitions())
    if (judge(id).decided() < static_cast<uint64_t>(kafka_.end({id, LogSide::commands})))
      return false;
  return true;
}

bool KafkaFight::settled() {
  for (const PartitionId id : topology_.partitions()) {
    const auto& commands = kafka_.topic({id, LogSide::commands});
    const auto& valid = judge(id).valid();
    if (!commands.empty() &&
        (valid.empty() || valid.back().cause != cause_at(commands.back().offset).value))
      return false;
    for (const auto& node : nodes_) {
      const Line& line = node->lines[topology_.dense_index(id)];
      if (line.owned && line.believed != line.tail.sequence.value) return false;
    }
  }
  return true;
}

/// Every command was decided once, in the order of its topic, and every node reads the same.
void KafkaFight::check() {
  for (const PartitionId id : topology_.partitions()) {
    const auto& commands = kafka_.topic({id, LogSide::commands});
    const auto& valid = judge(id).valid();
    if (commands.size() != valid.size()) fail("not one outcome for each command");
    for (std::size_t i = 0; i < std::min(commands.size(), valid.size()); ++i)
      if (valid[i].cause != cause_at(commands[i].offset).value)
        fail("outcome " + std::to_string(i + 1) + " is of another command");
    for (const auto& node : nodes_)
      for (int i = 0; i < 20; ++i) read(*node, id);
    note(valid.size());
  }
}

}  // namespace spate
