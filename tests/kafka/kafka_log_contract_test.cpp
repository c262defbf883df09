// The log that is served with --kafka, put to the suite of all logs, on a real cluster.
#include "engine/log/kafka_log.hpp"
#include "tests/contract/log_contract.hpp"
#include "tests/kafka/cluster_kit.hpp"

namespace spate {
namespace {

/// Passes on what is asked of a log, and knows what it took.
class NotingLog final : public Log {
 public:
  explicit NotingLog(Log& log) : log_(log), taken_(log.topology().partitions().size()) {}

  const LogIdentity& identity() const override { return log_.identity(); }
  const Topology& topology() const override { return log_.topology(); }
  Numbering numbering() const override { return log_.numbering(); }
  Result<Ownership> acquire(PartitionId id) override {
    auto owned = log_.acquire(id);
    of(id).wants = !owned;
    if (owned) of(id).outcomes = owned->tail.sequence.value;
    return owned;
  }
  Taken append_commands(PartitionId id, BatchPtr batch) override {
    const Taken taken = log_.append_commands(id, batch);
    if (taken == Taken::yes) of(id).commands += batch->count();
    return taken;
  }
  Taken append_outcomes(PartitionId id, Epoch epoch, Sequence expected, BatchPtr batch) override {
    const Taken taken = log_.append_outcomes(id, epoch, expected, batch);
    if (taken == Taken::yes) of(id).outcomes = batch->last();
    return taken;
  }
  Progress poll(PartitionId id) override { return log_.poll(id); }
  Result<BatchPtr> read(LogSide side, PartitionId id, uint64_t from, std::size_t bytes) override {
    return log_.read(side, id, from, bytes);
  }
  Sequence outcomes_end(PartitionId id) const override { return log_.outcomes_end(id); }
  void on_durable(PartitionId id, Bell* bell) override { log_.on_durable(id, bell); }

  /// All that was taken is durable and can be read; what was lost with its ownership never will.
  bool settled() {
    for (const PartitionId id : topology().partitions()) {
      const Progress progress = log_.poll(id);
      if (of(id).wants) return false;
      if (progress.fate != Progress::Fate::durable) continue;
      if (progress.sequence.value < of(id).outcomes || !shows(id, of(id).commands)) return false;
    }
    return true;
  }
  /// Another turn may have granted what is wanted: who asks again knows.
  void granted() {
    for (Partition& p : taken_) p.wants = false;
  }

 private:
  struct Partition {
    uint64_t commands = 0, outcomes = 0;
    bool wants = false;
  };
  /// Progress does not say: outcomes of commands that were never read are durable, too.
  bool shows(PartitionId id, uint64_t command) {
    return command == 0 || *log_.read(LogSide::commands, id, command, 1) != nullptr;
  }
  Partition& of(PartitionId id) { return taken_[topology().dense_index(id)]; }
  Log& log_;
  std::vector<Partition> taken_;
};

class OnRealKafka final : public LogUnderTest {
 public:
  OnRealKafka() {
    const std::string name = fresh_name();
    topology_ = log_topology({{(name + "a").c_str(), 2}, {(name + "b").c_str(), 1}});
    auto admin = KafkaRdAdmin::open(real_cluster(), {}, 20'000, nullptr);
    if (!admin) throw std::runtime_error(admin.error().detail);
    for (const KafkaDomainTopics& topics : kafka_topics_of(topology_))
      if (const auto created = create_domain_topics(**admin, topics); !created)
        throw std::runtime_error(created.error().detail);
    KafkaRdOptions options;
    options.brokers = real_cluster();
    options.topics = kafka_topics_of(topology_);
    options.group = name;
    client_ = std::move(*KafkaRdClient::open(std::move(options), clock_));
    client_->join_group();
    log_.emplace(KafkaLogParts{
        topology_,
        {{1, 1}, 1},
        client_.get(),
        &clock_,
        &door_,
        nullptr,
        {7, "node:1", [this] { return ++random_; }, {}},
        {.undurable_bytes_max = log_contract_undurable_bytes_max}});
    log_->on_work(&bell_);
    noting_.emplace(*log_);
    step_until([this] { return log_->caught_up(); });
  }
  ~OnRealKafka() override { log_.reset(); }

  Log& log() override { return *noting_; }
  /// While something is to be acquired: one turn, since asking again shows whether it is.
  void make_durable() override {
    step_until([this, first = true]() mutable {
      if (!std::exchange(first, false)) noting_->granted();
      return noting_->settled() && log_->undurable_bytes() == 0;
    });
  }

 private:
  template <class Holds>
  void step_until(Holds holds) {
    for (const int64_t until = clock_.monotonic_ns() + patience_ns; !holds();) {
      if (clock_.monotonic_ns() > until) throw std::runtime_error("the cluster does not answer");
      if (*log_->step() != Step::worked) bell_.wait(20'000'000);
    }
  }

  SystemClock clock_;
  ThreadBell bell_;
  Topology topology_{{}};
  uint64_t random_ = 0;
  RawCommandDoor door_;
  std::unique_ptr<KafkaRdClient> client_;
  std::optional<KafkaLog> log_;
  std::optional<NotingLog> noting_;
};

std::vector<LogKind> kinds() {
  if (real_cluster() == nullptr) return {};
  return {{"KafkaLogOnARealCluster", make_log<OnRealKafka>}};
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(LogContract);
INSTANTIATE_TEST_SUITE_P(Logs, LogContract, testing::ValuesIn(kinds()), log_kind_name);

}  // namespace
}  // namespace spate
