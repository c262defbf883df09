// LogSource: a log opened to be looked into: a stopped server's directory, or a Kafka cluster's.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "engine/app/config.hpp"
#include "engine/codec/catalog.hpp"
#include "engine/log/log.hpp"

namespace spate {

class LogSource {
 public:
  virtual ~LogSource() = default;
  virtual Log& log() = 0;
  /// Lets the log hear what is new, for at most about so long. Faults: of the log.
  virtual Result<void> hear(int64_t ns_max) = 0;
};

/// Faults: as StoppedLog::open.
Result<std::unique_ptr<LogSource>> open_directory(const std::string& data);
/// Reads every outcome topic to where it ends now; owns nothing, so that nodes go on undisturbed.
/// Faults: `kafka_unreachable`, `kafka_topics`, `config_invalid`; of the log.
Result<std::unique_ptr<LogSource>> open_cluster(const Config& config, const Catalog& catalog);

/// A stopped node's: of the cluster of `config`; its directory is locked meanwhile. Faults: as
/// open_cluster; `no_log` (no node ran on `config.data`), `log_in_use` (names the process).
Result<std::unique_ptr<LogSource>> open_node(const Config& config, const Catalog& catalog);

/// Every outcome of a partition, in order, until `visit` says false. Faults: of the log.
Result<void> each_outcome(Log& log, PartitionId partition,
                          const std::function<bool(const RecordView&)>& visit);

}  // namespace spate
