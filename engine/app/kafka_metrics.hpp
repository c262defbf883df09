// Kafka metrics: what librdkafka tells of itself, and how far feeds are, as samples.
#pragma once
#include <vector>

#include "engine/feeds/outcome_feeds.hpp"
#include "engine/log/kafka_log.hpp"
#include "engine/log/kafka_statistics.hpp"
#include "engine/telemetry/metrics.hpp"

namespace spate {

/// Figures of instances for the same purpose are added up; what is not JSON is left out.
void kafka_metrics(const std::vector<KafkaStatistics>& statistics, std::vector<Sample>& out);

/// Of the partitions that this node feeds.
void feed_metrics(const OutcomeFeeds& feeds, KafkaLog& log, std::vector<Sample>& out);

}  // namespace spate
