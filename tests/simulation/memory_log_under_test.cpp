// The memory log with conflicts and appends of unknown fate: what fencing does to a processor (A4).
#include "engine/log/memory_log.hpp"
#include "tests/simulation/log_under_test.hpp"

namespace spate {
namespace {

class MemoryLogUnderTest final : public LogUnderTest {
 public:
  MemoryLogUnderTest(Topology topology, Numbering numbering)
      : log_(std::move(topology), {{1, 1}, 1}, {.numbering = numbering}) {}
  Log& log() override { return log_; }
  Result<void> step(SeededRandom& random) override {
    const auto& partitions = log_.topology().partitions();
    log_.make_durable(partitions[random.below(partitions.size())]);
    return {};
  }
  bool disturb(SeededRandom& random) override {
    const auto& partitions = log_.topology().partitions();
    const PartitionId victim = partitions[random.below(partitions.size())];
    switch (random.below(log_.numbering() == Numbering::log ? 6 : 5)) {
      case 0: log_.fail(victim, Progress::Fate::conflict); break;
      case 1: log_.fail(victim, Progress::Fate::unknown, false); break;
      case 2: log_.fail(victim, Progress::Fate::unknown, true); break;
      case 3: log_.refuse(full_ = !full_); break;
      case 4: log_.fail_reads(unreadable_ = !unreadable_); break;
      default: log_.hold_acquire(held_ = !held_);
    }
    return true;
  }
  Result<void> crash(SeededRandom&, std::vector<KnownPosition>) override {
    log_.crash();
    heal();
    return {};
  }
  void heal() override {
    log_.refuse(full_ = false);
    log_.hold_acquire(held_ = false);
    log_.fail_reads(unreadable_ = false);
  }

 private:
  MemoryLog log_;
  bool full_ = false, held_ = false, unreadable_ = false;
};

}  // namespace

std::unique_ptr<LogUnderTest> memory_log_under_test(Topology topology,
                                                    Numbering numbering) {
  return std::make_unique<MemoryLogUnderTest>(std::move(topology), numbering);
}

}  // namespace spate
