// Counting: a series is found by its labels; only a new one takes a lock.
#include "engine/telemetry/metrics.hpp"

#include <algorithm>

#include "engine/base/ensure.hpp"

namespace spate {
namespace {

constexpr auto duration_bounds_ns = [] {
  std::array<int64_t, duration_bounds_s.size()> bounds{};
  for (std::size_t i = 0; i < bounds.size(); ++i)
    bounds[i] = static_cast<int64_t>(duration_bounds_s[i] * 1e9 + 0.5);
  return bounds;
}();

}  // namespace

void BucketHistogram::record_duration(int64_t ns) {
  const auto at = std::lower_bound(duration_bounds_ns.begin(), duration_bounds_ns.end(), ns);
  counts_[static_cast<std::size_t>(at - duration_bounds_ns.begin())].add();
  sum_.add(ns < 0 ? 0 : static_cast<uint64_t>(ns));
}

void BucketHistogram::record_count(uint64_t count) {
  const auto at = std::lower_bound(count_bounds.begin(), count_bounds.end(),
                                   static_cast<double>(count));
  counts_[static_cast<std::size_t>(at - count_bounds.begin())].add();
  sum_.add(count);
}

bool ThreadMetrics::Key::operator==(const Key& other) const {
  const auto same = [](std::string_view a, std::string_view b) {
    return a.data() == b.data() && a.size() == b.size();
  };
  return metric == other.metric &&
         std::equal(labels.begin(), labels.end(), other.labels.begin(), same);
}

std::size_t ThreadMetrics::KeyHash::operator()(const Key& key) const {
  std::size_t hash = static_cast<std::size_t>(key.metric);
  for (const std::string_view label : key.labels)
    hash = (hash ^ reinterpret_cast<std::uintptr_t>(label.data())) * 0x9e3779b97f4a7c15u;
  return hash ^ hash >> 32;
}

ThreadMetrics::Series& ThreadMetrics::series(Metric metric, const LabelValues& labels) {
  const Key key{metric, labels};
  const auto known = index_.find(key);
  if (known != index_.end()) return *known->second;
  const std::lock_guard lock(mutex_);
  Series& added = series_.emplace_back();
  added.metric = metric;
  added.labels = labels;
  if (metric_names()[static_cast<std::size_t>(metric)].kind == MetricKind::histogram)
    added.histogram = std::make_unique<BucketHistogram>();
  index_.emplace(key, &added);
  return added;
}

Counter& ThreadMetrics::counter(Metric metric, const LabelValues& labels) {
  return series(metric, labels).counter;
}

BucketHistogram& ThreadMetrics::histogram(Metric metric, const LabelValues& labels) {
  Series& found = series(metric, labels);
  ENSURE(found.histogram != nullptr);
  return *found.histogram;
}

void ThreadMetrics::each(const std::function<void(const Series&)>& visit) const {
  const std::lock_guard lock(mutex_);
  for (const Series& one : series_) visit(one);
}

ThreadMetrics& Metrics::add_thread() {
  const std::lock_guard lock(mutex_);
  return threads_.emplace_back();
}

void Metrics::add_source(Source source) {
  const std::lock_guard lock(mutex_);
  sources_.push_back(std::move(source));
}

}  // namespace spate
