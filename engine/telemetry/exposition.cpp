// Exposition: joins the series of all threads and writes them as Prometheus text.
#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <limits>
#include <map>

#include "engine/telemetry/metrics.hpp"

namespace spate {
namespace {

using Labels = std::array<std::string, 3>;

struct Joined {
  double value = 0;
  std::array<uint64_t, BucketHistogram::buckets> counts{};
  uint64_t sum = 0;
};

prometheus::ClientMetric::Histogram histogram_of(const Joined& joined, bool is_duration) {
  prometheus::ClientMetric::Histogram histogram;
  uint64_t below = 0;
  for (std::size_t i = 0; i < BucketHistogram::buckets; ++i) {
    below += joined.counts[i];
    const bool last = i + 1 == BucketHistogram::buckets;
    const double bound = last ? std::numeric_limits<double>::infinity()
                              : (is_duration ? duration_bounds_s[i] : count_bounds[i]);
    histogram.bucket.push_back({below, bound});
  }
  histogram.sample_count = below;
  histogram.sample_sum = static_cast<double>(joined.sum) * (is_duration ? 1e-9 : 1);
  return histogram;
}

prometheus::ClientMetric metric_of(const MetricName& name, const Labels& labels,
                                   const Joined& joined) {
  prometheus::ClientMetric metric;
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (!name.labels[i].empty()) metric.label.push_back({std::string(name.labels[i]), labels[i]});
  if (name.kind == MetricKind::counter) metric.counter.value = joined.value;
  if (name.kind == MetricKind::gauge) metric.gauge.value = joined.value;
  if (name.kind == MetricKind::histogram)
    metric.histogram = histogram_of(joined, name.name.ends_with("_seconds"));
  return metric;
}

prometheus::MetricType type_of(MetricKind kind) {
  switch (kind) {
    case MetricKind::counter: return prometheus::MetricType::Counter;
    case MetricKind::gauge: return prometheus::MetricType::Gauge;
    case MetricKind::histogram: return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

}  // namespace

/// What prometheus-cpp asks for families.
class Exposition final : public prometheus::Collectable {
 public:
  explicit Exposition(const Metrics& metrics) : metrics_(metrics) {}

  std::vector<prometheus::MetricFamily> Collect() const override {
    std::vector<std::map<Labels, Joined>> joined(metric_names().size());
    join_threads(joined);
    join_sources(joined);
    std::vector<prometheus::MetricFamily> families;
    for (const MetricName& name : metric_names()) {
      const auto& series = joined[static_cast<std::size_t>(name.metric)];
      if (series.empty()) continue;
      prometheus::MetricFamily family{std::string(name.name), std::string(name.help),
                                      type_of(name.kind), {}};
      for (const auto& [labels, value] : series)
        family.metric.push_back(metric_of(name, labels, value));
      families.push_back(std::move(family));
    }
    return families;
  }

 private:
  void join_threads(std::vector<std::map<Labels, Joined>>& joined) const {
    for (const ThreadMetrics& thread : metrics_.threads_)
      thread.each([&](const ThreadMetrics::Series& series) {
        const Labels labels{std::string(series.labels[0]), std::string(series.labels[1]),
                            std::string(series.labels[2])};
        Joined& into = joined[static_cast<std::size_t>(series.metric)][labels];
        into.value += static_cast<double>(series.counter.get());
        if (series.histogram == nullptr) return;
        for (std::size_t i = 0; i < BucketHistogram::buckets; ++i)
          into.counts[i] += series.histogram->in_bucket(i);
        into.sum += series.histogram->sum();
      });
  }

  void join_sources(std::vector<std::map<Labels, Joined>>& joined) const {
    std::vector<Sample> samples;
    for (const Metrics::Source& source : metrics_.sources_) source(samples);
    for (const Sample& sample : samples)
      joined[static_cast<std::size_t>(sample.metric)][sample.labels].value += sample.value;
  }

  const Metrics& metrics_;
};

std::string Metrics::text() const {
  const std::lock_guard lock(mutex_);
  return prometheus::TextSerializer().Serialize(Exposition(*this).Collect());
}

}  // namespace spate
