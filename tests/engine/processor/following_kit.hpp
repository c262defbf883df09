// FollowingKit: a partition that one node decides and another one follows.
#pragma once
#include "engine/processor/partition_processor.hpp"
#include "tests/support/built_in_domain.hpp"
#include "tests/support/partition_under_test.hpp"
#include "tests/support/processor_kit.hpp"

namespace spate {

/// `owner` decides; `kit` reads what it decided.
struct FollowingKit {
  static constexpr int64_t minute = 60 * second;
  ProcessorKit owner, kit;
  uint64_t told = 0;

  explicit FollowingKit(const ProcessorLimits& limits = {},
                        const RowTableLimits& owner_rows = {}, const RowTableLimits& rows = {},
                        const Domain& followed = redemptions_domain())
      : owner{redemptions_domain(), limits, owner_rows, {}, Numbering::log},
        kit{followed, limits, rows, {}, Numbering::log} {
    kit.follow_others();
    kit.log.hold_acquire(true, true);
    kit.restart();
  }
  /// A sale of which the other node has heard: one outcome for it, one for each piece.
  void sell(int pieces) {
    owner.open("c", 100);
    redeem(0, pieces);
    tell();
  }
  void redeem(int from, int to) {
    for (int i = from; i < to; ++i) owner.redeem("c", "p" + std::to_string(i), "k" + std::to_string(i));
    settle(owner);
  }
  static void settle(ProcessorKit& one) {
    one.settle();
    one.settle();
  }
  /// What the owner decided since comes into the log of `kit`.
  void tell() {
    const auto copy = std::make_shared<RecordBatch>(p, LogSide::outcomes);
    for (;;) {
      const BatchPtr batch = *owner.log.read(LogSide::outcomes, p, told + 1, 1 << 20);
      if (batch == nullptr) break;
      for (const RecordView record : *batch) {
        if (record.head.number <= told) continue;
        copy->add(record.head.number, {record.head.time}, record.body);
        kit.log.append_foreign(p, {record.head.time}, as_bytes("decided elsewhere"));
        told = record.head.number;
      }
    }
    if (!copy->empty()) kit.log.append_elsewhere(p, copy);
    kit.step();
  }
  void pass(int64_t ns) {
    owner.clock.advance_ns(ns);
    kit.clock.advance_ns(ns);
  }
  void take_over() {
    kit.log.hold_acquire(false);
    settle(kit);
    ENSURE(kit.partition().ready());
  }
  /// Owns a sale of ten pieces and has decided a command; its outcome is not durable yet.
  void take_over_and_decide(const std::string& person) {
    sell(10);
    take_over();
    kit.redeem("c", person, person);
    kit.step();
    kit.log.make_durable(p);
    kit.step();
  }
};

}  // namespace spate
