// A kill is a fault out of `pause`: everything of that life is destroyed, the disk restarts.
#include "tests/support/moving_house.hpp"

#include "engine/log/kafka_log.hpp"
#include "schemas/envelope_generated.h"
#include "tests/support/log_world.hpp"

namespace spate {

MovingHouse::MovingHouse(uint64_t seed)
    : random(seed), disk(seed), new_disk(seed + 1), tails_(topology.partitions().size()) {
  remake_topics();
}

void MovingHouse::remake_topics() {
  kafka = std::make_unique<SimulatedKafka>(topology, random.next(), clock);
  kafka->set_odds(odds);
  clients = 0;
}

std::unique_ptr<SegmentLog> MovingHouse::open(SimulatedDisk& on) {
  auto log = SegmentLog::open(on, clock, small_log_options());
  ENSURE(log.has_value());
  return std::move(*log);
}

namespace {

/// Command `number` wishes what command `of` did.
BatchPtr repetition(PartitionId id, uint64_t number, uint64_t of) {
  auto batch = std::make_shared<RecordBatch>(id, LogSide::commands);
  const BatchPtr original = command_batch(id, {of}, 1);
  batch->add(number, {1}, (*original->begin()).body);
  return batch;
}

void settle(SegmentLog& log) {
  while (log.write_step() == Step::worked || log.prepare_step() == Step::worked) continue;
}

}  // namespace

void MovingHouse::live_in_directory(std::size_t lives) {
  for (std::size_t life = 0; life < lives; ++life) {
    disk.restart();
    const auto log = open(disk);
    for (const PartitionId id : partitions()) {
      Tail& tail = tails_[topology.dense_index(id)];
      const Ownership owned = *log->acquire(id);
      ENSURE(owned.tail.chain == tail.chain);
      tail.command = owned.tail.command;
      for (uint64_t batches = random.below(4); batches > 0; --batches) {
        const Cause first = tail.command.plus(random.one_in(5) ? 3 : 1);
        const std::size_t count = 1 + random.below(30);
        ENSURE(log->append_commands(id, command_batch(id, first, count)) == Taken::yes);
        tail.command = first.plus(count - 1);
        const Sequence expected = tail.sequence.next();
        ENSURE(log->append_outcomes(id, owned.epoch, expected,
                                    outcome_batch(id, tail, owned.epoch, first, count)) ==
               Taken::yes);
        settle(*log);
      }
      if (tail.cause.value == 0 || !random.one_in(2)) continue;
      const uint64_t of = tail.cause.value;
      ENSURE(log->append_commands(id, repetition(id, tail.command.value + 1, of)) == Taken::yes);
    }
    ENSURE(log->close().has_value());
  }
  disk.restart();
}

void MovingHouse::leave_undecided(PartitionId id) {
  disk.restart();
  const auto log = open(disk);
  const Ownership owned = *log->acquire(id);
  ENSURE(log->append_commands(id, command_batch(id, owned.tail.command.next(), 1)) == Taken::yes);
  ENSURE(log->close().has_value());
  disk.restart();
}

Result<void> MovingHouse::pause(bool idle, std::optional<uint64_t> kill_at) {
  if (kill_at && ++steps >= *kill_at) return stop("killed", "");
  if (!kill_at) ++steps;
  if (idle) clock.advance_ns(20'000'000);
  for (uint64_t n = random.below(4) + idle; n > 0; --n) kafka->step();
  const bool nodes_may_serve = notes.identity && notes.move.state == KafkaMove::State::here;
  const bool has_new = read_manifest(new_disk).has_value();
  const int served = nodes_may_serve + check_not_moved(disk).has_value() +
                     (has_new && check_not_moved(new_disk));
  if (served > 1) wrong = "two sides may be served";
  return {};
}

Result<MoveReport> MovingHouse::move_in(std::optional<uint64_t> kill_at, bool only_plans) {
  steps = 0;
  disk.restart();
  Result<MoveReport> report = stop("not_run", "");
  {
    const auto source = open(disk);
    const auto client = connect();
    MoveToKafkaParts parts;
    parts.source = source.get();
    parts.directory = &disk;
    parts.client = client.get();
    parts.notes = &notes;
    parts.identity = {source->identity(), {{"redemptions", 1}, {"coupons", 2}}, {}};
    parts.place = "the simulated cluster";
    parts.compare_folds = [&]() -> Result<void> {
      if (history(*source) != history_in_cluster()) wrong = "the folds differ";
      return {};
    };
    parts.pause = [&](bool idle, const MoveProgress&) { return pause(idle, kill_at); };
    MoveToKafka move(std::move(parts));
    report = only_plans ? move.plan() : move.run();
  }
  disk.restart();
  return report;
}

void MovingHouse::live_in_cluster(std::size_t lives) {
  for (std::size_t life = 0; life < lives; ++life) {
    const auto client = connect();
    RawCommandDoor door;
    uint64_t chance = 0;
    KafkaLog log({topology, notes.identity->log, client.get(), &clock, &door, nullptr,
                  {100 + life, "node", [&] { return ++chance; }, {}, {}}, {}});
    kafka->elect(clients - 1, partitions());
    const auto turn = [&] {
      clock.advance_ns(50'000'000);
      drain();
      ENSURE(log.step().has_value());
    };
    for (const PartitionId id : partitions()) {
      Result<Ownership> owned = log.acquire(id);
      for (; !owned; owned = log.acquire(id)) turn();
      Tail tail = owned->tail;
      const KafkaPlace commands{id, LogSide::commands};
      for (uint64_t n = 1 + random.below(20); n > 0; --n)
        kafka->produce(commands, {.key = "s", .value = "a wish"});
      const std::size_t count = kafka->topic(commands).back().offset + 1 - tail.cause.value;
      const std::size_t decided = 1 + random.below(count);
      const Sequence expected = tail.sequence.next();
      ENSURE(log.append_outcomes(id, owned->epoch, expected,
                                 outcome_batch(id, tail, owned->epoch, tail.cause.next(),
                                               decided)) == Taken::yes);
      while (log.poll(id).sequence < tail.sequence) turn();
    }
  }
}

Result<MoveReport> MovingHouse::move_out(std::optional<uint64_t> kill_at, bool only_plans) {
  steps = 0;
  new_disk.restart();
  Result<MoveReport> report = stop("not_run", "");
  {
    const auto client = connect();
    RawCommandDoor door;
    KafkaLog source({topology, notes.identity->log, client.get(), &clock, &door, nullptr,
                     {random.next(), std::string(kafka_moved_address),
                      [this] { return random.next(); }, {}, {}}, {}});
    while (!source.caught_up()) ENSURE(source.step().has_value());
    MoveFromKafkaParts parts;
    parts.directory = &new_disk;
    parts.clock = &clock;
    parts.source = &source;
    parts.notes = &notes;
    parts.place = "the simulated cluster";
    parts.limits = small_log_options().limits;
    parts.compare_folds = [&](Log& target) -> Result<void> {
      if (history(target) != history_in_cluster()) wrong = "the folds differ";
      return {};
    };
    parts.pause = [&](bool idle, const MoveProgress&) -> Result<void> {
      TRY(source.step());
      return pause(idle, kill_at);
    };
    MoveFromKafka move(std::move(parts));
    report = only_plans ? move.plan() : move.run();
  }
  if (kill_at && random.one_in(2)) new_disk.cut_power();
  new_disk.restart();
  return report;
}

std::string MovingHouse::history(Log& log) const {
  std::string all;
  for (const PartitionId id : partitions()) {
    all += numbers_in(log, LogSide::outcomes, id) + "\n";
    Hash128 hash;
    const auto read = each_record(log, LogSide::outcomes, id, 1, [&](const RecordView& record) {
      std::string text = std::to_string(hash.hi) + std::to_string(record.head.time);
      text += as_text(record.body);
      hash = xxh3_128(as_bytes(text));
      return Result<void>{};
    });
    all += std::to_string(hash.hi) + (read ? "\n" : " not readable\n");
  }
  return all;
}

std::string MovingHouse::history_in_cluster() {
  const KafkaOdds kept = odds;
  kafka->set_odds({});
  const auto client = connect();
  RawCommandDoor door;
  const LogIdentity identity = notes.identity ? notes.identity->log : LogIdentity{};
  const KafkaNode reader{1, std::string(kafka_moved_address), [] { return uint64_t{0}; }, {}, {}};
  KafkaLog log({topology, identity, client.get(), &clock, &door, nullptr, reader, {}});
  while (!log.caught_up())
    if (!log.step()) return "the fold stopped";
  std::string text = history(log);
  kafka->set_odds(kept);
  return text;
}

}  // namespace spate
