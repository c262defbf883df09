// KafkaFight: nodes that fight over partitions of a simulated cluster, and what they believed.
#pragma once
#include <functional>
#include <optional>

#include "engine/log/kafka_log.hpp"
#include "tests/support/outcome_judge.hpp"
#include "tests/support/simulated_disk.hpp"
#include "tests/support/virtual_clock.hpp"

namespace spate {

struct FightOptions {
  uint64_t seed = 1;
  uint64_t steps = 3000;
  std::size_t nodes = 3;
  uint16_t partitions = 2;
};

struct FightReport {
  std::string fault;            ///< empty = every acknowledgement was true, every command decided
  uint64_t trace = 0;
  uint64_t acknowledged = 0;
  uint64_t acquired = 0;
  uint64_t conflicts = 0;
  uint64_t unknowns = 0;
  uint64_t stragglers = 0;
  uint64_t voids = 0;
  uint64_t marks = 0;           ///< owners said how far they came without leaving an outcome
  uint64_t deaths = 0;
  uint64_t departures = 0;      ///< nodes that left the group and went on
  uint64_t resumed = 0;         ///< partitions that began where they had left
};

/// Nodes run the shipped log; each decides a command by writing which node decided it when, so no
/// two outcomes are alike. Every acknowledgement is held against the topic at once.
class KafkaFight {
 public:
  explicit KafkaFight(const FightOptions& options);
  ~KafkaFight();
  /// Steps with faults, then heals, and waits until every command is decided. Then retention takes
  /// all that is decided, all nodes are replaced, and they have to go on.
  FightReport run();

 private:
  struct Node;
  struct Line;

  void act();
  void mischief();
  void elect_at_random();
  void revive(std::size_t place);
  void send_commands();
  void step(Node& node);
  void decide(Node& node, PartitionId id);
  void hear(Node& node, PartitionId id);
  void acquire(Node& node, PartitionId id);
  void read(Node& node, PartitionId id);
  void heal();
  void elect_one_each();
  bool settled();
  void go_on(const std::function<bool()>& until, const std::string& else_fault);
  void retire();
  bool all_are_marked();
  void check();
  void note(uint64_t what);
  void fail(const std::string& what);
  OutcomeJudge& judge(PartitionId id) { return judges_[topology_.dense_index(id)]; }
  PartitionId any_partition();
  Node& any_node();

  const FightOptions options_;
  const Topology topology_;
  SeededRandom random_;
  VirtualClock clock_;
  SimulatedKafka kafka_;
  std::deque<OutcomeJudge> judges_;
  std::deque<SimulatedDisk> disks_;  // outlive the nodes
  std::vector<std::unique_ptr<Node>> nodes_;
  std::size_t connected_ = 0;
  uint64_t sent_ = 0;
  FightReport report_;
};

}  // namespace spate
