// Threads take the next partition that nobody has; each has decoders of its own.
#include "engine/app/schema_verify.hpp"

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

#include "engine/api/envelope.hpp"
#include "engine/app/domain_plan.hpp"
#include "engine/app/log_fold.hpp"
#include "engine/base/place_text.hpp"
#include "engine/codec/payload_check.hpp"
#include "engine/log/outcome_walk.hpp"
#include "engine/log/log_piece.hpp"

namespace spate {
namespace {

constexpr uint64_t slice_outcomes = 64 << 10;

class Verification {
 public:
  Verification(Log& log, const Catalog& catalog) : log_(log), catalog_(catalog) {}

  Result<SchemaReport> run(unsigned threads) {
    TRY(check_domains(log_.topology(), catalog_));
    const auto began = std::chrono::steady_clock::now();
    std::vector<std::thread> all;
    for (unsigned i = 0; i < threads; ++i) all.emplace_back([this] { take_partitions(); });
    for (std::thread& thread : all) thread.join();
    if (fault_) return pass_on(std::move(*fault_));
    report_.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    report_.partitions = log_.topology().partitions().size();
    return std::move(report_);
  }

 private:
  void take_partitions() {
    const auto& partitions = log_.topology().partitions();
    for (;;) {
      const std::size_t at = next_.fetch_add(1);
      if (at >= partitions.size() || failed_) return;
      if (auto done = verify(partitions[at]); !done) {
        failed_ = true;
        std::lock_guard lock(mutex_);
        fault_ = std::move(done.error());
      }
    }
  }

  const DomainPlan& plan_of(PartitionId id) const {
    return spate::plan_of(catalog_, log_.topology(), id.domain);
  }

  Result<void> verify(PartitionId id) {
    const DomainPlan& plan = plan_of(id);
    PayloadCheck check(plan);
    SchemaReport counts;
    const std::string place = place_text(plan.name, id);
    TRY(verify_outcomes(id, check, place, counts));
    TRY(verify_commands(id, check, place, counts));
    std::lock_guard lock(mutex_);
    report_.outcomes += counts.outcomes;
    report_.events += counts.events;
    report_.commands += counts.commands;
    return {};
  }

  Result<void> verify_outcomes(PartitionId id, PayloadCheck& check, const std::string& place,
                               SchemaReport& counts) {
    OutcomeWalk walk(log_, id, {});
    for (;;) {
      TRY(const auto pause, walk.step(slice_outcomes, [&](const RecordView& record) {
        const envelope::Outcome& outcome = outcome_of(record.body);
        ++counts.outcomes;
        counts.events += outcome.events() == nullptr ? 0 : outcome.events()->size();
        if (const std::string fault = check.fault_of(outcome); !fault.empty())
          found(place + " outcome " + std::to_string(record.head.number) + ", stream '" +
                std::string(text_of(outcome.stream())) + "': " + fault);
        return true;
      }));
      if (pause == OutcomeWalk::Pause::ended) return {};
    }
  }

  Result<void> verify_commands(PartitionId id, PayloadCheck& check, const std::string& place,
                               SchemaReport& counts) {
    for (uint64_t next = 1;;) {
      TRY(const BatchPtr batch, log_.read(LogSide::commands, id, next, log_piece_bytes));
      if (batch == nullptr || batch->empty() || batch->last() < next) return {};
      for (const RecordView record : *batch) {
        if (record.head.number < next) continue;
        const envelope::Command& command = command_of(record.body);
        ++counts.commands;
        if (const std::string fault = check.fault_of(command); !fault.empty())
          found(place + " command " + std::to_string(record.head.number) + ", stream '" +
                std::string(text_of(command.stream())) + "': " + fault);
      }
      next = batch->last() + 1;
    }
  }

  void found(std::string finding) {
    std::lock_guard lock(mutex_);
    if (++report_.findings_total <= SchemaReport::findings_max)
      report_.findings.push_back(std::move(finding));
  }

  Log& log_;
  const Catalog& catalog_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  std::optional<Fault> fault_;
  SchemaReport report_;
};

}  // namespace

std::string SchemaReport::text() const {
  std::string text;
  for (const std::string& finding : findings) text += "broken: " + finding + "\n";
  if (findings_total > findings.size())
    text += "and " + std::to_string(findings_total - findings.size()) + " more\n";
  const auto rate = static_cast<uint64_t>(static_cast<double>(outcomes) / std::max(seconds, 1e-9));
  text += std::to_string(outcomes) + " outcomes with " + std::to_string(events) + " events and " +
          std::to_string(commands) + " commands of " + std::to_string(partitions) +
          " partitions decoded, " + std::to_string(rate) + " outcomes/s\n";
  return text + (holds() ? "all of it can be read with these schemas\n"
                         : std::to_string(findings_total) + " cannot be read as they were meant\n");
}

Result<SchemaReport> verify_schemas(Log& log, const Catalog& catalog, unsigned threads) {
  ENSURE(threads > 0);
  return Verification(log, catalog).run(threads);
}

}  // namespace spate
