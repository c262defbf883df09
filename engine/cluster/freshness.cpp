// The oldest points are those that views may have reached last: they are kept.
#include "engine/cluster/freshness.hpp"

#include <algorithm>

#include "engine/base/ensure.hpp"

namespace spate {

void Freshness::know(std::size_t dense, Sequence sequence, int64_t asked_ns) {
  const std::lock_guard lock(mutex_);
  std::deque<Point>& points = points_[dense];
  ENSURE(points.empty() || points.back().sequence <= sequence);
  if (!points.empty() && points.back().sequence == sequence) {  // nothing came since
    points.back().asked_ns = asked_ns;
    return;
  }
  points.push_back({sequence, asked_ns});
  if (points.size() <= points_max) return;
  std::deque<Point> kept;
  for (std::size_t i = 0; i < points.size(); ++i)
    if (i % 2 == 0 || i + 1 == points.size()) kept.push_back(points[i]);
  points.swap(kept);
}

std::optional<int64_t> Freshness::behind_ns(std::size_t dense, Sequence sequence) const {
  const std::lock_guard lock(mutex_);
  const std::deque<Point>& points = points_[dense];
  const auto beyond = std::partition_point(points.begin(), points.end(), [&](const Point& point) {
    return point.sequence <= sequence;
  });
  if (beyond == points.begin()) return std::nullopt;
  return clock_.monotonic_ns() - (beyond - 1)->asked_ns;
}

}  // namespace spate
