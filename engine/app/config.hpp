// Config: every limit of the server with its unit and default; read once, validated once.
#pragma once
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/app/config_memory.hpp"
#include "engine/base/result.hpp"
#include "engine/edge/limits.hpp"
#include "engine/log/kafka_properties.hpp"
#include "engine/processor/processor_group.hpp"

namespace spate {

struct Config {
  std::string data;                       ///< directory of the log, the rows and the views
  std::string listen = "127.0.0.1:8080";  ///< port 0: a free one, told in the log
  uint32_t partitions = 0;                ///< a domain, when a directory is made; 0 = as topics say
  std::string topics;                     ///< another topics.yaml than the one built in
  uint64_t memory_bytes = uint64_t{2} << 30;
  bool insecure_dev = false;              ///< nobody is authenticated, any address may be bound
  bool confirm_clock = false;             ///< rule F2: the operator says that the clock is right
  std::string environment = "development";
  std::string log_level = "info";
  bool metrics = true;                    ///< serve /metrics
  bool admin = true;                      ///< serve /admin/…

  struct Threads {
    uint32_t edge = 1;
    uint32_t processor = 1;
    uint32_t projector = 1;
  } threads;

  struct Shutdown {
    int64_t grace_ms = 0;         ///< between "not ready" and closing the door
    int64_t handover_ms = 5'000;  ///< on Kafka: without another node taking anything over
    int64_t watchdog_ms = 30'000; ///< an end that takes longer is cut short
  } shutdown;

  struct LogLimits {
    uint64_t segment_bytes = uint64_t{64} << 20;
    uint64_t group_bytes_max = uint64_t{4} << 20;       ///< one write, one sync
    uint64_t disk_free_bytes_min = uint64_t{512} << 20; ///< below it commands get 503 storage_full
    int64_t mark_idle_ms = 50;                          ///< rule B2
  } log;

  struct Kafka {
    std::string brokers;           ///< host:port, comma separated; empty: the embedded log
    std::string group = "spate";   ///< of the nodes that share the partitions
    std::string instance;          ///< its name in it, for ever; empty: one kept in `data`
    KafkaProperties properties;
    std::string control_secret;    ///< shared with operators who redrive and discard; empty: nobody
    int64_t close_ms_max = 5'000;  ///< then a client that hangs is abandoned
  } kafka;

  /// Of the nodes that share one log on Kafka.
  struct Cluster {
    std::string listen = "127.0.0.1:0";  ///< where other nodes reach this one; port 0: a free one
    uint32_t standby = 1;   ///< other nodes, at least, that keep rows folded; 0: this one does not
    std::string advertise;  ///< how they are told to; empty: as `listen`, port 0: as bound
  } cluster;

  /// Rows, ids and views as nodes ship them, for a new node to begin with; on Kafka.
  struct Checkpoints {
    std::string directory;             ///< that all nodes see; empty: none are shipped or fetched
    int64_t interval_ms = 600'000;
    uint32_t keep = 3;
    uint64_t rate_bytes_max = 64 << 20;  ///< a second, of shipping
  } checkpoints;

  struct Replay {
    bool rebuild_changed = false;  ///< at the start, and move readers whatever differs
  } replay;

  /// Of stored rows and views, against their recorded digests.
  struct Scan {
    int64_t interval_ms = 86'400'000;     ///< from the end of one to the next; 0: only when asked
    uint64_t rate_bytes_max = 4 << 20;    ///< a second, of keys and values
  } scan;

  edge::EdgeLimits http;
  ProcessorLimits processor;
  GroupLimits processors;  ///< of each thread; its bytes are cut from `memory`

  /// What `memory_bytes` is cut into.
  MemoryCut memory() const { return cut_memory(memory_bytes); }
};

/// Host and port of a setting: `127.0.0.1:8080`, `[::1]:8080`, `:8080` (every address).
struct HostPort {
  std::string host;
  uint16_t port = 0;
};
Result<HostPort> parse_listen(std::string_view listen, std::string_view setting = "listen");

/// What was given from outside, weakest first: file, environment, flags.
struct ConfigInputs {
  std::string file;  ///< path; empty = none
  std::map<std::string, std::string> environment;
  /// Setting's name (`data`, `http.body_bytes_max`) and value.
  std::vector<std::pair<std::string, std::string>> flags;
};

struct LoadedConfig {
  Config config;
  struct Shown {
    std::string name;
    std::string value;
    std::string source;  ///< `default`, `FILE:LINE`, `environment SPATE_…`, `flag --…`
    std::string about;
  };
  std::vector<Shown> shown;           ///< every setting, in the order of the list
  std::vector<std::string> warnings;  ///< unknown SPATE_… variables
};

/// Faults: `config_invalid`; the detail names the place and says what to write instead.
Result<LoadedConfig> load_config(const ConfigInputs& inputs);

/// Relations between the settings that every start relies on. Faults: `config_invalid`.
Result<void> validate(const Config& config);

/// The environment of this process.
std::map<std::string, std::string> process_environment();

/// Partitions of each domain as a topics.yaml says. Faults: `config_invalid`.
Result<std::map<std::string, uint32_t>> parse_topics(const std::string& text,
                                                     const std::string& origin);

}  // namespace spate
