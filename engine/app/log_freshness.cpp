// A question that is not yet answered by the fold stays until it is: who lags learns how much.
#include "engine/app/log_freshness.hpp"

namespace spate {
namespace {

constexpr int64_t interval_ns = 500'000'000;

}  // namespace

LogFreshness::LogFreshness(const KafkaLog& log, const KafkaRdClient& client, const Clock& clock)
    : log_(log),
      client_(client),
      clock_(clock),
      known_(log.topology().partitions().size(), clock),
      questions_(log.topology().partitions().size()) {}

Step LogFreshness::step() {
  const int64_t now = clock_.monotonic_ns();
  if (now >= ask_at_ns_) {
    ask_at_ns_ = now + interval_ns;
    ask(now);
  }
  return look() ? Step::worked : Step::idle;
}

void LogFreshness::ask(int64_t now_ns) {
  const auto ends = client_.ends(LogSide::outcomes);
  if (!ends) return;  // nothing is known to be fresher: what is told grows
  for (const auto& [partition, offset] : *ends) {
    Question& question = questions_[log_.topology().dense_index(partition)];
    if (question.end < 0) question = {offset, now_ns};
  }
}

bool LogFreshness::look() {
  bool found = false;
  for (std::size_t dense = 0; dense < questions_.size(); ++dense) {
    Question& question = questions_[dense];
    if (question.end < 0) continue;
    const PartitionId partition = log_.topology().partitions()[dense];
    const auto sequence = log_.sequence_below(partition, question.end);
    if (!sequence) continue;
    known_.know(dense, *sequence, question.asked_ns);
    question.end = -1;
    found = true;
  }
  return found;
}

}  // namespace spate
