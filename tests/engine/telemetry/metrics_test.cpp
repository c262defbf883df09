// Metrics: series of many threads are joined, and the text is what Prometheus reads.
#include "engine/telemetry/metrics.hpp"

#include <gtest/gtest.h>

#include <set>
#include <thread>

namespace spate {
namespace {

TEST(Metrics, SumsTheSameSeriesOverThreads) {
  Metrics metrics;
  metrics.add_thread().counter(Metric::http_requests, {"GET", "/livez", "200"}).add(2);
  metrics.add_thread().counter(Metric::http_requests, {"GET", "/livez", "200"}).add(3);
  const std::string text = metrics.text();
  EXPECT_NE(text.find("# TYPE spate_http_requests_total counter"), std::string::npos) << text;
  EXPECT_NE(text.find("spate_http_requests_total{method=\"GET\",route=\"/livez\",code=\"200\"} 5\n"),
            std::string::npos)
      << text;
}

TEST(Metrics, CountsADurationInEveryBucketThatHoldsIt) {
  Metrics metrics;
  BucketHistogram& h = metrics.add_thread().histogram(Metric::log_sync);
  h.record_duration(50'000);           // exactly a bound: inclusive
  h.record_duration(50'001);
  h.record_duration(11'000'000'000);   // beyond the last bound
  const std::string text = metrics.text();
  EXPECT_NE(text.find("spate_log_sync_seconds_bucket{le=\"5e-05\"} 1\n"), std::string::npos) << text;
  EXPECT_NE(text.find("spate_log_sync_seconds_bucket{le=\"0.0001\"} 2\n"), std::string::npos) << text;
  EXPECT_NE(text.find("spate_log_sync_seconds_bucket{le=\"10\"} 2\n"), std::string::npos) << text;
  EXPECT_NE(text.find("spate_log_sync_seconds_bucket{le=\"+Inf\"} 3\n"), std::string::npos) << text;
  EXPECT_NE(text.find("spate_log_sync_seconds_count 3\n"), std::string::npos) << text;
}

TEST(Metrics, ReadsSourcesAtEachScrape) {
  Metrics metrics;
  double lag = 7;
  metrics.add_source([&](std::vector<Sample>& out) {
    out.push_back({Metric::partition_lag_records, {"redemptions", "3"}, lag});
  });
  EXPECT_NE(metrics.text().find(
                "spate_partition_lag_records{domain=\"redemptions\",partition=\"3\"} 7\n"),
            std::string::npos);
  lag = 8;
  EXPECT_NE(metrics.text().find("partition=\"3\"} 8\n"), std::string::npos);
}

TEST(Metrics, TellsCpuMemoryAndFilesOfTheProcess) {
  Metrics metrics;
  metrics.add_source(process_metrics);
  std::vector<Sample> samples;
  process_metrics(samples);
  for (const Sample& sample : samples) {
    if (sample.metric == Metric::process_cpu) continue;  // a young process may have used no tick
    EXPECT_GT(sample.value, 0) << metric_names()[static_cast<std::size_t>(sample.metric)].name;
  }
  EXPECT_EQ(samples.size(), 6u);
}

TEST(Metrics, NamesFollowTheRulesOfPrometheus) {
  std::set<std::string_view> seen;
  for (const MetricName& name : metric_names()) {
    EXPECT_TRUE(seen.insert(name.name).second) << name.name;
    EXPECT_TRUE(name.name.starts_with("spate_") || name.name.starts_with("process_")) << name.name;
    EXPECT_EQ(name.name.ends_with("_total"), name.kind == MetricKind::counter) << name.name;
    EXPECT_FALSE(name.help.empty()) << name.name;
    for (const std::string_view label : name.labels)
      EXPECT_EQ(label.find("id"), std::string_view::npos) << "no ids as labels: " << name.name;
  }
}

TEST(Metrics, AreReadWhileOtherThreadsCount) {
  Metrics metrics;
  constexpr uint64_t rounds = 20'000;
  ThreadMetrics& mine = metrics.add_thread();
  std::thread counting([&] {
    static constexpr std::string_view routes[] = {"/a", "/b", "/c", "/d"};
    for (uint64_t i = 0; i < rounds; ++i)
      mine.counter(Metric::http_requests, {"GET", routes[i % 4], "200"}).add();
  });
  for (int i = 0; i < 50; ++i) EXPECT_EQ(metrics.text().find("spate_parked"), std::string::npos);
  counting.join();
  EXPECT_NE(metrics.text().find("route=\"/d\",code=\"200\"} 5000\n"), std::string::npos);
}

}  // namespace
}  // namespace spate
