// One seed: steps at random, faults at random, then the truth from the log.
#include "tests/simulation/world.hpp"

#include <algorithm>
#include <map>

#include "engine/log/chain.hpp"
#include "engine/state/digest_compare.hpp"
#include "tests/simulation/shipped_stores.hpp"
#include "tests/support/built_in_domain.hpp"

namespace spate {
namespace {

ProcessorLimits small_limits(SeededRandom& random) {
  ProcessorLimits limits;
  limits.batch_commands_max = 1 + random.below(16);
  limits.checkpoint_interval_ns = static_cast<int64_t>(1 + random.below(50)) * 100'000'000;
  limits.common_period_ns = limits.checkpoint_interval_ns / 4;
  return limits;
}

/// So small that rows are evicted, frozen for their size, and wait for the checkpointer.
RowTableLimits small_rows(SeededRandom& random) {
  RowTableLimits limits;
  limits.dirty_bytes_max = 2048 + random.below(32 << 10);
  limits.clean_bytes_max = random.below(4 << 10);
  limits.undo_bytes_max = 1024 + random.below(32 << 10);
  return limits;
}

IdTableLimits small_ids(SeededRandom& random) {
  return {.recent_ids_max = 8 + random.below(64)};
}

std::string describe(const Told& told) {
  return std::string(envelope::EnumNameKind(told.kind)) + "/" + std::to_string(told.rejection) +
         " at " + std::to_string(told.sequence);
}

}  // namespace

/// What of a partition survives the process, and what does not.
struct World::Partition {
  PartitionId id;
  uint32_t dense = 0;
  MemoryState store;
  std::unique_ptr<RowTable> rows;
  std::unique_ptr<IdTable> ids;
  std::vector<DigestPoint> recorded;  // in all lives, by sequence
};

World::World(const WorldOptions& options, VirtualClock& clock, std::unique_ptr<LogUnderTest> log)
    : options_(options),
      random_(options.seed),
      clock_(clock),
      log_(std::move(log)),
      topology_(log_->log().topology()),
      views_(clock, [this] { return log_->is_alive(); }) {
  const Topology& topology = topology_;
  suspects_.open_in_memory(static_cast<uint32_t>(topology.partitions().size()));
  for (const PartitionId id : topology.partitions()) {
    auto partition = std::make_unique<Partition>();
    partition->id = id;
    partition->dense = topology.dense_index(id);
    partitions_.push_back(std::move(partition));
  }
  shipping_ = make_shipping();
  for (int i = 0; i < options.clients; ++i) clients_.emplace_back(i, random_.next(), topology);
  start();
}

World::~World() = default;

void World::start() {
  mailbox_ = std::make_unique<Mailbox>(1 << 16, 1 << 16);
  group_ = std::make_unique<ProcessorGroup>(std::vector<Mailbox*>{mailbox_.get()},
                                            static_cast<uint32_t>(partitions_.size()));
  const ProcessorLimits limits = small_limits(random_);
  std::vector<Checkpointing*> checkpoints;
  for (auto& partition : partitions_) {
    partition->rows = std::make_unique<RowTable>(partition->store, small_rows(random_));
    partition->ids = std::make_unique<IdTable>("", small_ids(random_));
    PartitionParts parts;
    parts.id = partition->id;
    parts.dense = partition->dense;
    parts.domain = &redemptions_domain();
    parts.row_schema_digest = 1;
    parts.log = &log_->log();
    parts.store = &partition->store;
    parts.rows = partition->rows.get();
    parts.ids = partition->ids.get();
    parts.clock = &clock_;
    parts.suspects = &suspects_;
    if (shipping_ != nullptr)  // what is durable there stays: nothing is ever ahead of it
      parts.tell = [this](const std::string& what) {
        if (what.find("discarded") != std::string::npos) fail(what);
      };
    group_->add(parts, limits);
    checkpoints.push_back(&group_->partitions().back()->checkpointing());
  }
  checkpointer_ = std::make_unique<Checkpointer>(std::move(checkpoints));
  Result<void> opened = views_.start(log_->log(), random_);
  while (!opened && opened.error().action == FaultAction::retry)
    opened = views_.start(log_->log(), random_);
  if (!opened) fail("views do not open: " + opened.error().detail);
  if (shipping_ != nullptr) shipping_->start();
}

std::unique_ptr<WorldShipping> World::make_shipping() {
  if (!options_.ships || log_->shipped() == nullptr) return nullptr;
  WorldShipping::Parts parts;
  parts.log = log_->shipped();
  parts.identity = log_->log().identity();
  parts.clock = &clock_;
  parts.settle = [this] {
    group_->want_checkpoint();
    views_.want_freeze();
  };
  parts.put_stores = [this](const std::string& folder, ShippedPartition& to) -> Result<void> {
    StateStore& store = partitions_[topology_.dense_index(to.id)]->store;
    TRY(const std::string text, text_of_rows(store));
    TRY(const auto at, store.checkpoint());
    if (at) to.rows = at->sequence;
    TRY(put_file(folder + "/rows/" + std::to_string(to.id.index) + "-" + std::to_string(++files_),
                 text));
    return views_.put(folder, to);
  };
  parts.put_plan = [this](const std::string& folder) { return views_.put_plan(folder); };
  return std::make_unique<WorldShipping>(random_.next(), std::move(parts));
}

void World::crash() {
  ++report_.crashes;
  note(0xc4a5);
  keep_points();
  checkpointer_.reset();
  group_.reset();
  views_.crash(random_);
  for (SimulatedClient& client : clients_) client.disconnected();
  if (shipping_ != nullptr) {
    shipping_->crash();
    if (random_.one_in(3)) return begin_anew();
  }
  for (auto& partition : partitions_)
    partition->store.crash(random_.below(partition->store.unflushed_batches() + 1));
  if (const auto opened = log_->crash(random_, known_positions()); !opened)
    return fail("the log does not open after a crash: " + opened.error().detail);
  start();
}

/// What a life knows of digests outlives it.
void World::keep_points() {
  for (auto& partition : partitions_) {
    const std::vector<DigestPoint> now = partition->rows->journal().points(
        {}, 1, redemptions_domain().handler->evolve_version);
    std::vector<DigestPoint>& all = partition->recorded;
    all.insert(all.end(), now.begin(), now.end());
    std::stable_sort(all.begin(), all.end(), [](const DigestPoint& a, const DigestPoint& b) {
      return a.sequence < b.sequence;
    });
  }
}

/// Another node takes the place of one that is gone with its disk.
void World::begin_anew() {
  const std::string data = shipping_->begin_anew();
  for (auto& partition : partitions_) {
    ENSURE(partition->store.clear().has_value());
    const std::string text =
        file_below(data + "/rows", std::to_string(partition->id.index) + "-");
    ENSURE(rows_from_text(text, partition->store).has_value());
    partition->store.flush();
  }
  views_.begin_anew(data, topology_);
  check_begin();
  log_->shipped()->begin_anew(data);
  start();
}

/// Every store is where the checkpoint says that it was.
void World::check_begin() {
  if (!shipping_->found()) return;
  for (const ShippedPartition& shipped : shipping_->found()->partitions) {
    const auto rows = partitions_[topology_.dense_index(shipped.id)]->store.checkpoint();
    const Sequence rows_at = *rows ? (**rows).sequence : Sequence{};
    if (rows_at != shipped.rows || views_.stored(shipped.id) != shipped.views)
      fail("a new node begins with rows at " + std::to_string(rows_at.value) +
           " and views at " + std::to_string(views_.stored(shipped.id).value) + " in place of " +
           std::to_string(shipped.rows.value) + " and " + std::to_string(shipped.views.value));
  }
}

std::vector<KnownPosition> World::known_positions() {
  std::vector<KnownPosition> known = views_.known(topology_);
  for (auto& partition : partitions_)
    if (const auto at = partition->store.checkpoint(); at && *at)
      known.push_back({partition->id, (*at)->sequence});
  return known;
}

void World::note(uint64_t what) {
  const uint64_t pair[2] = {report_.trace, what};
  report_.trace = xxh3_64({reinterpret_cast<const uint8_t*>(pair), sizeof pair});
}

void World::fail(const std::string& what) {
  if (report_.fault.empty()) report_.fault = what;
}

/// The durable outcome behind an answer; nothing when the disk cannot be read just now (an edge
/// answers 503 then), and a fault of the engine when it is not there.
std::optional<Told> World::read_told(uint32_t partition, Sequence sequence) {
  const auto batch =
      log_->log().read(LogSide::outcomes, partitions_[partition]->id, sequence.value, 1);
  if (!batch) return std::nullopt;
  if (!*batch) {
    fail("an answer names outcome " + std::to_string(sequence.value) + " that the log does not have");
    return std::nullopt;
  }
  for (const RecordView record : **batch) {
    if (record.head.number != sequence.value) continue;
    const envelope::Outcome& outcome = outcome_of(record.body);
    return Told{outcome.kind(), outcome.rejection(), sequence.value};
  }
  return std::nullopt;
}

void World::deliver() {
  while (const auto message = mailbox_->replies.front()) {
    ReplyHead head;
    std::memcpy(&head, message->data(), sizeof head);
    std::optional<Told> told;
    if (head.answer == Answer::outcome || head.answer == Answer::duplicate)
      told = read_told(head.partition, head.sequence);  // durable, or it must not have been said
    note(head.ticket * 31 + head.sequence.value * 7 + static_cast<uint64_t>(head.answer));
    mailbox_->replies.pop();
    for (SimulatedClient& client : clients_)
      if (client.answered(head.ticket, told)) break;
  }
}

void World::step_once(bool faults) {
  clock_.advance_ns(static_cast<int64_t>(random_.below(20'000'000)));
  if (faults && random_.one_in(150)) return crash();
  if (faults && random_.one_in(60) && log_->disturb(random_)) ++report_.log_faults;
  Result<void> ended;
  switch (random_.below(7)) {
    case 0:
    case 1: {
      const auto step = group_->step();
      if (!step) ended = pass_on(Fault(step.error()));
      break;
    }
    case 2: ended = log_->step(random_); break;
    case 3: {
      const auto step = checkpointer_->step();
      if (!step) ended = pass_on(Fault(step.error()));
      else if (*step == Step::worked) ++report_.checkpoints;
      if (random_.one_in(4))
        for (auto& partition : partitions_) partition->store.flush();
      break;
    }
    case 4: deliver(); break;
    case 5: ended = views_.step(random_); break;
    default:
      clients_[random_.below(clients_.size())].step(*mailbox_, clock_.monotonic_ns(), faults);
  }
  if (shipping_ != nullptr) {
    shipping_->step(faults);
    if (!shipping_->broken().empty()) fail(shipping_->broken());
    if (!views_.discarded().empty()) fail(views_.discarded());
  }
  if (!views_.broken().empty()) fail(views_.broken());
  if (ended) return;
  if (!faults && ended.error().code != "storage_failed")  // a fault of the disk ordered before
    return fail("stopped without a fault: " + ended.error().code + ", " + ended.error().detail);
  crash();  // a stop is the end of the process: it is started again
}

void World::settle() {
  log_->heal();
  views_.settle();
  for (uint64_t turn = 0; turn < 400'000 && report_.fault.empty(); ++turn) {
    step_once(false);
    bool done = group_->quiet() && views_.is_settled();
    for (auto& partition : partitions_)
      done &= views_.position(partition->id) == group_->partitions()[partition->dense]->sequence();
    for (const SimulatedClient& client : clients_) done &= client.idle();
    if (!done) continue;
    if (log_->is_alive()) return;
    crash();
  }
  fail("clients are not answered although nothing fails any more");
}

WorldReport World::run() {
  for (uint64_t i = 0; i < options_.steps && report_.fault.empty(); ++i) step_once(true);
  if (report_.fault.empty()) settle();
  if (report_.fault.empty()) check();
  for (const SimulatedClient& client : clients_) {
    report_.commands += client.told().size();
    report_.sends += client.sent();
    if (!client.contradiction().empty()) fail(client.contradiction());
  }
  report_.moves = views_.moves();
  if (shipping_ != nullptr) {
    report_.shipped = shipping_->shipped();
    report_.fetched = shipping_->fetched();
    report_.passed_over = shipping_->passed_over();
  }
  report_.virtual_ns = clock_.monotonic_ns();
  return report_;
}

void World::check() {
  keep_points();
  for (auto& partition : partitions_) check_partition(*partition);
}

/// Dense, chained, one effect an id; every answer that was given stands in the log; rows equal a
/// fresh fold.
void World::check_partition(Partition& partition) {
  std::map<CommandId, Told> answers;
  uint64_t chain = 0, sequence = 0;
  for (;;) {
    const auto batch = log_->log().read(LogSide::outcomes, partition.id, sequence + 1, 1 << 20);
    if (!batch) return fail("reading the log back: " + batch.error().detail);
    if (!*batch) break;
    for (const RecordView record : **batch) {
      if (record.head.number <= sequence) continue;
      const envelope::Outcome& o = outcome_of(record.body);
      if (o.sequence() != ++sequence) return fail("sequences are not dense");
      if (o.chain() != chain) return fail("the chain breaks at " + std::to_string(sequence));
      chain = next_chain(record.body);
      note(chain);
      if (!Fold::remembers(o)) continue;
      if (!answers.emplace(id_of(o.id()), Told{o.kind(), o.rejection(), sequence}).second)
        return fail("command " + to_hex(id_of(o.id())) + " took effect twice");
    }
  }
  report_.outcomes += sequence;
  const Topology& topology = log_->log().topology();
  for (const SimulatedClient& client : clients_) {
    for (const auto& [key, told] : client.told()) {
      for (int campaign = 0; campaign < 3; ++campaign) {
        const std::string stream = "campaign-" + std::to_string(campaign);
        if (Topology::partition_for(topology.domains().front(), stream) != partition.id) continue;
        const auto found = answers.find(command_id("", "redemptions", stream, key));
        if (found != answers.end() && found->second != told)
          return fail("the log says " + describe(found->second) + " of " + key + " in partition " +
                      std::to_string(partition.dense) + ", the answer was " + describe(told));
      }
    }
  }
  const auto fresh = fresh_digest(partition);
  const auto lived = partition.rows->digest();
  if (!fresh || !lived || *fresh != *lived) fail("rows differ from a fresh fold of the log");
  const std::string views = views_.compare_with_fresh_fold(log_->log(), partition.id);
  if (!views.empty()) fail(views);
}

Result<Hash128> World::fresh_digest(Partition& partition) {
  MemoryState store;
  RowTable rows(store, {});
  IdTable ids("", {});
  TRY(rows.open());
  Fold fold(*redemptions_domain().handler, rows, ids);
  auto point = partition.recorded.begin();
  const auto end = partition.recorded.end();
  for (Sequence done;;) {
    TRY(const BatchPtr batch,
        log_->log().read(LogSide::outcomes, partition.id, done.value + 1, 1 << 20));
    if (!batch) return rows.digest();
    Sequence until{batch->last()};
    if (point != end) until = std::min(until, point->sequence);
    TRY(fold.replay(*batch, done, done, until));
    done = until;
    if (point == end || point->sequence > done) continue;
    DigestPoint here = *point;
    here.chain = fold.chain_at(done).value_or(0);
    here.digest = rows.running_digest();
    for (; point != end && point->sequence == done; ++point) meet(here, *point);
  }
}

/// As nodes do: whoever folded the same outcomes came to the same digest.
void World::meet(const DigestPoint& fresh, const DigestPoint& recorded) {
  const ComparedPoints compared = compare_points({&fresh, 1}, {&recorded, 1});
  report_.compared += compared.agreed;
  if (compared.difference)
    fail("a fresh fold comes to other rows at outcome " + std::to_string(fresh.sequence.value) +
         " than were recorded there");
}

}  // namespace spate
