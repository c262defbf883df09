// The shipped Kafka log on a cluster where everything fails, with a rival that owns in between.
#include <filesystem>
#include <fstream>

#include "engine/app/shipped_notes.hpp"
#include "engine/log/posix_storage.hpp"
#include "tests/simulation/kafka_rival.hpp"
#include "tests/simulation/log_under_test.hpp"
#include "tests/support/simulated_disk.hpp"

namespace spate {
namespace {

class KafkaLogUnderTest final : public LogUnderTest, private ShippedLog {
 public:
  KafkaLogUnderTest(uint64_t seed, Topology topology, const Clock& clock)
      : clock_(clock), random_(seed), kafka_(std::move(topology), random_.next(), clock),
        disk_(random_.next()) {
    start();
    revive_rival();
    break_again();
  }
  Log& log() override { return member_->log(); }

  Result<void> step(SeededRandom& random) override {
    for (uint64_t n = random.below(4); n > 0; --n) kafka_.step();
    if (!rival_->step()) revive_rival();
    TRY(member_->log().step());
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
    if (random.one_in(4)) member_->log().note_all();
    member_.reset();
    if (random.one_in(2)) disk_.cut_power();
    disk_.restart();
    start();
    return {};
  }

  ShippedLog* shipped() override { return this; }

  bool owns_first() override {
    return member_->log().owns(kafka_.topology().partitions().front());
  }
  Result<std::vector<ShippedPartition>> take_notes(const std::string& folder) override {
    member_->log().note_all();
    TRY(const auto storage, PosixStorage::at(folder + "/kafka"));
    return copy_notes(disk_, *storage, member_->log().identity(), kafka_.topology());
  }
  Result<std::string> misfit(const ShippedPartition& partition) override {
    const auto client = kafka_.connect();
    ++members_;
    return spate::misfit(partition, kafka_.topology(), *client, [this](PartitionId id) {
      return Result<int64_t>(kafka_.end({id, LogSide::outcomes}));
    });
  }
  void begin_anew(const std::string& data) override {
    member_.reset();
    SimulatedDisk::Image notes;
    if (std::filesystem::exists(data + "/kafka"))
      for (const auto& entry : std::filesystem::directory_iterator(data + "/kafka")) {
        std::ifstream in(entry.path(), std::ios::binary);
        notes[entry.path().filename().string()].assign(std::istreambuf_iterator<char>(in), {});
      }
    disk_.restart();
    disk_.load(notes);
    start();
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
    member_ = std::make_unique<KafkaMember>(kafka_, clock_, random_, &disk_);
    number_ = members_++;
    kafka_.elect(number_, kafka_.topology().partitions());
    while (!member_->log().caught_up()) {  // as a server that starts waits for it
      kafka_.step();
      member_->log().step().value();
    }
  }
  void revive_rival() {
    rival_.reset();
    rival_ = std::make_unique<KafkaRival>(kafka_, clock_, random_);
    rival_number_ = members_++;
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
    odds.acknowledged_twice = some(30);
    odds.written_twice = some(60);
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
  std::unique_ptr<KafkaMember> member_;
  std::unique_ptr<KafkaRival> rival_;
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
