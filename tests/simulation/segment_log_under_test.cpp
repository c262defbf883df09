// The segment log over the simulated disk, opened again after every death.
#include "tests/simulation/log_under_test.hpp"
#include "tests/support/log_world.hpp"
#include "tests/support/simulated_disk.hpp"

namespace spate {
namespace {

class SegmentLogUnderTest final : public LogUnderTest {
 public:
  SegmentLogUnderTest(uint64_t seed, uint16_t partitions, const Clock& clock)
      : disk_(seed, static_cast<int>(seed % 4)), partitions_(partitions), clock_(clock) {
    const auto opened = open({});
    ENSURE(opened.has_value());
  }
  Log& log() override { return *log_; }

  Result<void> step(SeededRandom& random) override {
    const auto step = random.one_in(3) ? log_->prepare_step() : log_->write_step();
    if (!step) return pass_on(Fault(step.error()));
    return {};
  }

  bool disturb(SeededRandom& random) override {
    if (healed_) return false;
    switch (random.below(4)) {
      case 0: disk_.cut_power_after(1 + random.below(30)); break;
      case 1: disk_.fail(SimulatedDisk::Call::sync, 1 + random.below(5)); break;
      case 2: disk_.fail(SimulatedDisk::Call::write, 1 + random.below(10)); break;
      default: disk_.cut_power();
    }
    return true;
  }

  Result<void> crash(SeededRandom& random, std::vector<KnownPosition> known) override {
    log_.reset();
    if (random.one_in(2)) disk_.cut_power();
    for (int tries = 0;; ++tries) {
      disk_.restart();
      const auto opened = open(known);
      if (opened) return {};
      // What was left over of the disk's failures may strike the recovery too; it begins again.
      if (opened.error().code != "storage_failed" || tries == 40) return opened;
      log_.reset();
    }
  }

  void heal() override { healed_ = true; }
  bool is_alive() const override { return !disk_.is_dead(); }

 private:
  Result<void> open(std::vector<KnownPosition> known) {
    SegmentLogOptions options = small_log_options();
    options.domains = {{"redemptions", partitions_}};
    options.known = std::move(known);
    TRY(log_, SegmentLog::open(disk_, clock_, std::move(options)));
    return {};
  }

  SimulatedDisk disk_;
  const uint16_t partitions_;
  const Clock& clock_;
  std::unique_ptr<SegmentLog> log_;
  bool healed_ = false;
};

}  // namespace

std::unique_ptr<LogUnderTest> segment_log_under_test(uint64_t seed, uint16_t partitions,
                                                     const Clock& clock) {
  return std::make_unique<SegmentLogUnderTest>(seed, partitions, clock);
}

}  // namespace spate
