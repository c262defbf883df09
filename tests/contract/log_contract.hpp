// LogContract: the suite of what every log promises, and what a log has to bring to be put to it.
#pragma once
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "tests/support/log_records.hpp"

namespace spate {

/// A log of two partitions of redemptions and one of coupons, and the way to make its appends
/// durable. Small: `log_contract_undurable_bytes_max` of appends fill it.
class LogUnderTest {
 public:
  virtual ~LogUnderTest() = default;
  virtual Log& log() = 0;
  virtual void make_durable() = 0;
};

inline constexpr std::size_t log_contract_undurable_bytes_max = 96 << 10;

/// What is put to the suite: INSTANTIATE_TEST_SUITE_P(…, LogContract, …).
struct LogKind {
  const char* name;
  std::unique_ptr<LogUnderTest> (*make)();
};

class LogContract : public testing::TestWithParam<LogKind> {
 protected:
  Log& log() { return under_test_->log(); }
  void make_durable() { under_test_->make_durable(); }
  Ownership acquire(PartitionId p) {
    auto acquired = log().acquire(p);
    while (!acquired && acquired.error().action == FaultAction::retry) {
      make_durable();  // what a log that takes its time waits for
      acquired = log().acquire(p);
    }
    owned_[p] = *acquired;
    return owned_[p];
  }
  /// The owner numbers commands and reads them at once, or the log does and they come later.
  bool owner_numbers() { return log().numbering() == Numbering::owner; }
  /// Commands and their outcomes, numbered on.
  Taken append(PartitionId p, std::size_t count, std::string_view text = "text") {
    Ownership& o = owned_[p];
    const Cause first = o.tail.command.next();
    if (log().append_commands(p, command_batch(p, first, count, text)) == Taken::full)
      return Taken::full;
    o.tail.command = o.tail.command.plus(count);
    Tail tail = o.tail;
    const auto outcomes = outcome_batch(p, tail, o.epoch, first, count, text);
    if (log().append_outcomes(p, o.epoch, o.tail.sequence.next(), outcomes) == Taken::full)
      return Taken::full;
    o.tail = tail;
    return Taken::yes;
  }
  std::string commands(PartitionId p, uint64_t from = 1) {
    return numbers_in(log(), LogSide::commands, p, from);
  }
  std::string outcomes(PartitionId p, uint64_t from = 1) {
    return numbers_in(log(), LogSide::outcomes, p, from);
  }
  std::map<PartitionId, Ownership> owned_;

 private:
  std::unique_ptr<LogUnderTest> under_test_ = GetParam().make();
};

template <class T>
std::unique_ptr<LogUnderTest> make_log() {
  return std::make_unique<T>();
}

inline std::string log_kind_name(const testing::TestParamInfo<LogKind>& kind) {
  return kind.param.name;
}

}  // namespace spate
