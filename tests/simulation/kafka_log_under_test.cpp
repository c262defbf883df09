// The shipped Kafka log on a cluster where everything fails, with a rival that fences it.
#include "engine/log/kafka_log.hpp"
#include "tests/simulation/log_under_test.hpp"
#include "tests/support/simulated_disk.hpp"
#include "tests/support/simulated_kafka.hpp"

namespace spate {
namespace {

constexpr int64_t ms = 1'000'000;

KafkaLogLimits limits_of(SeededRandom& random) {
  KafkaLogLimits limits;
  limits.undurable_bytes_max = 16 << 10;
  limits.recent_bytes_max = random.below(8 << 10);
  limits.queued_command_bytes_max = 1 << 10;
  limits.claim_delay_ns_min = 5 * ms;
  limits.claim_delay_ns_max = 80 * ms;
  limits.rival_delay_ns = 200 * ms;
  limits.note_interval_ns = 500 * ms;
  return limits;
}

/// One node: what it needs lives and dies with it.
struct Member {
  Member(SimulatedKafka& kafka, const Clock& clock, SeededRandom& random, Storage* storage)
      : client(kafka.connect()) {
    KafkaLogParts parts{kafka.topology(), {{1, 1}, 1}, client.get(), &clock, &door, storage};
    parts.node = {random.next(), "node", [&random] { return random.next(); }, {}};
    parts.limits = limits_of(random);
    log = std::make_unique<KafkaLog>(std::move(parts));
  }
  std::unique_ptr<KafkaClient> client;
  RawCommandDoor door;
  std::unique_ptr<KafkaLog> log;
};

class KafkaLogUnderTest final : public LogUnderTest {
 public:
  KafkaLogUnderTest(uint64_t seed, Topology topology, const Clock& clock)
      : clock_(clock), random_(seed), kafka_(std::move(topology), random_.next(), clock),
        disk_(random_.next()) {
    start();
    rival_ = std::make_unique<Member>(kafka_, clock_, random_, nullptr);
    rival_number_ = members_++;
    break_again();
  }
  Log& log() override { return *member_->log; }

  Result<void> step(SeededRandom& random) override {
    for (uint64_t n = random.below(4); n > 0; --n) kafka_.step();
    if (random.one_in(3)) {
      TRY(rival_->log->step());
      for (const PartitionId id : kafka_.topology().partitions()) static_cast<void>(
          rival_->log->acquire(id));  // and decides nothing
    }
    TRY(member_->log->step());
    return {};
  }

  bool disturb(SeededRandom& random) override {
    if (healed_) return false;
    const auto& all = kafka_.topology().partitions();
    switch (random.below(5)) {
      case 0: kafka_.cut(number_, random.one_in(2)); break;
      case 1: kafka_.elect(rival_number_, {all[random.below(all.size())]}); break;
      case 2: kafka_.elect(number_, {all[random.below(all.size())]}); break;
      case 3: kafka_.elect(number_, all); break;
      default: break_again();
    }
    return true;
  }

  Result<void> crash(SeededRandom& random, std::vector<KnownPosition>) override {
    if (random.one_in(4)) member_->log->note_all();
    member_.reset();
    if (random.one_in(2)) disk_.cut_power();
    disk_.restart();
    start();
    return {};
  }

  void heal() override {
    healed_ = true;
    kafka_.set_odds({});
    kafka_.cut(number_, false);
    kafka_.elect(rival_number_, {});
    kafka_.elect(number_, kafka_.topology().partitions());
  }

 private:
  void start() {
    member_ = std::make_unique<Member>(kafka_, clock_, random_, &disk_);
    number_ = members_++;
    kafka_.elect(number_, kafka_.topology().partitions());
    while (!member_->log->caught_up()) {  // as a server that starts waits for it
      kafka_.step();
      member_->log->step().value();
    }
  }
  void break_again() {
    const auto some = [&](uint32_t n) {
      return random_.one_in(3) ? 0 : n + static_cast<uint32_t>(random_.below(n));
    };
    KafkaOdds odds;
    odds.failed_but_kept = some(100);
    odds.lost = some(100);
    odds.straggling = some(100);
    odds.overtaken = some(300);
    odds.without_offset = some(20);
    odds.dropped_closed = some(6);
    odds.full = some(20);
    odds.offset_gap = some(10);
    odds.fetch_fails = some(20);
    odds.late = random_.one_in(2);
    kafka_.set_odds(odds);
  }

  const Clock& clock_;
  SeededRandom random_;
  SimulatedKafka kafka_;
  SimulatedDisk disk_;
  std::unique_ptr<Member> member_, rival_;
  std::size_t members_ = 0;
  std::size_t number_ = 0, rival_number_ = 0;
  bool healed_ = false;
};

}  // namespace

std::unique_ptr<LogUnderTest> kafka_log_under_test(uint64_t seed, Topology topology,
                                                   const Clock& clock) {
  return std::make_unique<KafkaLogUnderTest>(seed, std::move(topology), clock);
}

}  // namespace spate
