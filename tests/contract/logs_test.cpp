// The logs that are put to the contract: in memory, on a simulated disk, on a real one, on a
// simulated cluster. On a real cluster: tests/kafka.
#include "engine/log/kafka_log.hpp"
#include "engine/log/memory_log.hpp"
#include "engine/log/posix_storage.hpp"
#include "tests/contract/log_contract.hpp"
#include "tests/support/log_world.hpp"
#include "tests/support/simulated_kafka.hpp"
#include "tests/support/temporary_folder.hpp"

namespace spate {
namespace {

class InMemory final : public LogUnderTest {
 public:
  Log& log() override { return log_; }
  void make_durable() override { log_.step(); }

 private:
  MemoryLog log_{log_topology({{"redemptions", 2}, {"coupons", 1}}),
                 {{1, 1}, 1},
                 {.undurable_bytes_max = log_contract_undurable_bytes_max}};
};

class OnStorage : public LogUnderTest {
 public:
  Log& log() override { return *log_; }
  void make_durable() override {
    for (Step step = Step::worked; step != Step::idle;) {
      ASSERT_TRUE(log_->prepare_step());
      step = *log_->write_step();
    }
  }

 protected:
  void open(Storage& storage) {
    auto opened = SegmentLog::open(storage, clock_, small_log_options());
    ASSERT_TRUE(opened) << opened.error().detail;
    log_ = std::move(*opened);
  }
  /// Before the storage goes.
  void stop() { log_.reset(); }

 private:
  VirtualClock clock_;
  std::unique_ptr<SegmentLog> log_;
};

class OnSimulatedDisk final : public OnStorage {
 public:
  OnSimulatedDisk() { open(disk_); }
  ~OnSimulatedDisk() override { stop(); }

 private:
  SimulatedDisk disk_{7, 2};
};

class OnPosix final : public OnStorage {
 public:
  OnPosix() {
    storage_ = std::move(*PosixStorage::at(folder_.path()));
    open(*storage_);
  }
  ~OnPosix() override { stop(); }

 private:
  const TemporaryFolder folder_;
  std::unique_ptr<PosixStorage> storage_;
};

/// On a cluster where nothing fails and the network moves only when it is told to.
class OnSimulatedKafka final : public LogUnderTest {
 public:
  OnSimulatedKafka() {
    kafka_.elect(0, kafka_.topology().partitions());
    log_.step().value();
  }
  Log& log() override { return log_; }
  void make_durable() override {
    do {
      while (kafka_.step()) continue;
      while (*log_.step() == Step::worked) continue;
    } while (kafka_.step());
  }

 private:
  VirtualClock clock_;
  SimulatedKafka kafka_{log_topology({{"redemptions", 2}, {"coupons", 1}}), 7, clock_};
  std::unique_ptr<KafkaClient> client_ = kafka_.connect();
  RawCommandDoor door_;
  KafkaLog log_{{kafka_.topology(),
                 {{1, 1}, 1},
                 client_.get(),
                 &clock_,
                 &door_,
                 nullptr,
                 {7, "node:1", [] { return uint64_t{1}; }, {}},
                 {.undurable_bytes_max = log_contract_undurable_bytes_max}}};
};

INSTANTIATE_TEST_SUITE_P(
    Logs, LogContract,
    testing::Values(LogKind{"MemoryLog", make_log<InMemory>},
                    LogKind{"SegmentLogOnSimulatedDisk", make_log<OnSimulatedDisk>},
                    LogKind{"SegmentLogOnPosix", make_log<OnPosix>},
                    LogKind{"KafkaLogOnSimulatedKafka", make_log<OnSimulatedKafka>}),
    log_kind_name);

}  // namespace
}  // namespace spate
