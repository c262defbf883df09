// Migrate: moves a log between a directory and a cluster, with everything that a move needs.
#pragma once
#include "engine/app/config.hpp"
#include "engine/codec/catalog.hpp"
#include "engine/log/move_to_kafka.hpp"

namespace spate {

/// Told while it goes on; from one thread.
using MigrateProgress = std::function<void(const MoveProgress&)>;

/// `config.data` into the cluster `config.kafka.brokers`. `only_plan`: changes nothing. Faults: of
/// MoveToKafka, `no_log`, `log_in_use`, `kafka_unreachable`, `kafka_topics`, `partition_count`,
/// `digest_differs`.
Result<MoveReport> migrate_to_kafka(const Config& config, const Catalog& catalog, bool only_plan,
                                    const MigrateProgress& progress);

/// The cluster's log into `config.data`, which holds none yet. Faults: of MoveFromKafka, as above.
Result<MoveReport> migrate_to_directory(const Config& config, const Catalog& catalog,
                                        bool only_plan, const MigrateProgress& progress);

}  // namespace spate
