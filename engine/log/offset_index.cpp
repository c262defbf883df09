// Long runs stay exact, since nearly all outcomes lie in them.
#include "engine/log/offset_index.hpp"

#include <algorithm>

#include "engine/base/ensure.hpp"

namespace spate {
namespace {

int64_t at(const OffsetRun& run, Sequence sequence) {
  return run.offset + static_cast<int64_t>(sequence.value - run.first.value);
}

}  // namespace

OffsetIndex::OffsetIndex(std::vector<OffsetRun> runs, std::size_t runs_max)
    : runs_(std::move(runs)), runs_max_(runs_max) {
  ENSURE(runs_max >= runs_max_min);
}

void OffsetIndex::add(Sequence first, int64_t offset) {
  if (!runs_.empty() && runs_.back().neighbours == 0 && at(runs_.back(), first) == offset) return;
  if (runs_.size() >= runs_max_) thin();
  runs_.push_back({first, offset});
}

/// The first run and the latest stay: before the one is none, and the other still grows.
void OffsetIndex::thin() {
  std::vector<uint64_t> lengths;
  for (std::size_t i = 0; i + 1 < runs_.size(); ++i)
    lengths.push_back(runs_[i + 1].first.value - runs_[i].first.value);
  std::vector<uint64_t> sorted = lengths;
  std::sort(sorted.begin(), sorted.end());
  const uint64_t longest_taken = sorted.empty() ? 0 : sorted[sorted.size() / 2];
  std::vector<OffsetRun> kept;
  const std::size_t to_take = runs_.size() / 2;
  std::size_t taken = 0;
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    const bool takes = i > 0 && i < lengths.size() && lengths[i] <= longest_taken;
    if (!takes || taken == to_take) {
      kept.push_back(runs_[i]);
      continue;
    }
    ++taken;
    if (kept.back().neighbours == 0) kept.back().neighbours = lengths[i - 1];
  }
  runs_ = std::move(kept);
}

std::optional<OffsetIndex::Place> OffsetIndex::find(Sequence sequence) const {
  const auto after = std::partition_point(
      runs_.begin(), runs_.end(), [&](const OffsetRun& run) { return run.first <= sequence; });
  if (after == runs_.begin()) return std::nullopt;
  const OffsetRun& run = *(after - 1);
  uint64_t end = after == runs_.end() ? ~uint64_t{0} : after->first.value;
  if (run.neighbours != 0) end = run.first.value + run.neighbours;
  if (sequence.value < end) return Place{at(run, sequence), end - sequence.value, sequence};
  const Sequence known{end - 1};
  return Place{at(run, known), 0, known};
}

}  // namespace spate
