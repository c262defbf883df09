// Each setting once: its name, what it means, and where it lies in Config.
#include "engine/app/config_settings.hpp"

#include <algorithm>

#include "engine/app/config_kafka.hpp"
#include "engine/app/config_units.hpp"
#include "engine/base/text.hpp"

namespace spate {
namespace {

Setting text(std::string name, std::string Config::*member, std::string about) {
  return {std::move(name), std::move(about), [=](const Config& c) { return c.*member; },
          [=](Config& c, std::string_view value) {
            c.*member = value;
            return std::string();
          }};
}

/// `path` gives the switch within Config.
template <class Path>
Setting flag(std::string name, Path path, std::string about) {
  return {std::move(name), std::move(about),
          [=](const Config& c) {
            return std::string(path(const_cast<Config&>(c)) ? "true" : "false");
          },
          [=](Config& c, std::string_view value) -> std::string {
            std::string lower(value);
            std::transform(lower.begin(), lower.end(), lower.begin(),
                           [](unsigned char c) { return std::tolower(c); });
            if (lower != "true" && lower != "false" && lower != "1" && lower != "0")
              return "must be true or false";
            path(c) = lower == "true" || lower == "1";
            return "";
          }};
}

enum class Unit { count, bytes, ms, seconds, ms_kept_in_ns };

std::string format(Unit unit, uint64_t value) {
  switch (unit) {
    case Unit::bytes:
      return format_bytes(value);
    case Unit::ms:
      return format_ms(static_cast<int64_t>(value));
    case Unit::seconds:
      return format_ms(static_cast<int64_t>(value) * 1'000);
    case Unit::ms_kept_in_ns:
      return format_ms(static_cast<int64_t>(value / 1'000'000));
    case Unit::count:
      break;
  }
  return std::to_string(value);
}

std::string example_of(Unit unit) {
  if (unit == Unit::count) return "must be a whole number";
  if (unit == Unit::bytes) return "must be a size such as 512MiB or 2GiB";
  return "must be a duration such as 250ms or 5s";
}

std::optional<uint64_t> parse(Unit unit, std::string_view value) {
  if (unit == Unit::count) return parse_whole(value);
  if (unit == Unit::bytes) return parse_bytes(value);
  std::optional<uint64_t> ms = parse_ms(value);
  if (ms && unit == Unit::seconds) *ms = (*ms + 999) / 1'000;
  if (ms && unit == Unit::ms_kept_in_ns) {
    if (*ms > std::numeric_limits<int64_t>::max() / 1'000'000) return std::nullopt;
    *ms *= 1'000'000;
  }
  return ms;
}

/// `path` gives the number within Config; its type bounds what may be written.
template <class Path>
Setting number(std::string name, Unit unit, Path path, std::string about) {
  using Value = std::remove_cvref_t<decltype(path(std::declval<Config&>()))>;
  return {std::move(name), std::move(about),
          [=](const Config& c) {
            return format(unit, static_cast<uint64_t>(path(const_cast<Config&>(c))));
          },
          [=](Config& c, std::string_view text) -> std::string {
            const std::optional<uint64_t> value = parse(unit, text);
            if (!value) return example_of(unit);
            if (*value > static_cast<uint64_t>(std::numeric_limits<Value>::max()))
              return "is too large";
            path(c) = static_cast<Value>(*value);
            return "";
          }};
}

/// The member at the end of a path into Config.
template <class... Members>
auto at(Members... members) {
  return [=](Config & c) -> auto& { return (c.*....*members); };
}

using edge::EdgeLimits;

void add_server(std::vector<Setting>& s) {
  s.push_back(text("data", &Config::data, "directory of the log, the rows and the views"));
  s.push_back(text("listen", &Config::listen, "address and port; port 0 takes a free one"));
  s.push_back(number("partitions", Unit::count, at(&Config::partitions),
                     "of each domain when a directory is made; 0 = as topics say"));
  s.push_back(text("topics", &Config::topics, "another topics.yaml than the one built in"));
  s.push_back(number("memory", Unit::bytes, at(&Config::memory_bytes),
                     "all caches and queues are cut from it"));
  s.push_back(
      flag("insecure_dev", at(&Config::insecure_dev),
           "no authentication; any address may be bound"));
  s.push_back(flag("confirm_clock", at(&Config::confirm_clock),
                   "the clock is right although it is far from the log's last stamp"));
  s.push_back(text("environment", &Config::environment, "development, staging, production"));
  s.push_back(text("log_level", &Config::log_level, "debug, info, warn, error"));
  s.push_back(flag("metrics", at(&Config::metrics), "serve /metrics"));
  s.push_back(flag("admin", at(&Config::admin),
                   "serve /admin/…, which is open to whoever reaches the port"));
  s.push_back(flag("replay.rebuild_changed",
                   at(&Config::replay, &Config::Replay::rebuild_changed),
                   "a start rebuilds changed projections by itself, and moves readers"));
  s.push_back(
      number("threads.edge", Unit::count, at(&Config::threads, &Config::Threads::edge), "HTTP"));
  s.push_back(number("threads.processor", Unit::count,
                     at(&Config::threads, &Config::Threads::processor), "deciding"));
  s.push_back(number("threads.projector", Unit::count,
                     at(&Config::threads, &Config::Threads::projector), "folding views"));
  s.push_back(number("shutdown.grace", Unit::ms, at(&Config::shutdown, &Config::Shutdown::grace_ms),
                     "between not ready and closing the door"));
  s.push_back(number("shutdown.handover", Unit::ms,
                     at(&Config::shutdown, &Config::Shutdown::handover_ms),
                     "on Kafka: without another node taking anything over"));
  s.push_back(number("shutdown.watchdog", Unit::ms,
                     at(&Config::shutdown, &Config::Shutdown::watchdog_ms),
                     "an end that takes longer is cut short"));
  s.push_back(number("log.segment", Unit::bytes,
                     at(&Config::log, &Config::LogLimits::segment_bytes), "one file of the log"));
  s.push_back(number("log.group_max", Unit::bytes,
                     at(&Config::log, &Config::LogLimits::group_bytes_max), "one write, one sync"));
  s.push_back(number("log.disk_free_min", Unit::bytes,
                     at(&Config::log, &Config::LogLimits::disk_free_bytes_min),
                     "below it commands are refused, reads go on"));
  s.push_back(number("log.mark_idle", Unit::ms, at(&Config::log, &Config::LogLimits::mark_idle_ms),
                     "an idle log confirms its end after this"));
}

void add_http(std::vector<Setting>& s) {
  s.push_back(number("http.body_max", Unit::bytes, at(&Config::http, &EdgeLimits::body_bytes_max),
                     "of one request"));
  s.push_back(number("http.head_max", Unit::bytes, at(&Config::http, &EdgeLimits::head_bytes_max),
                     "request line and headers together"));
  s.push_back(number("http.headers_max", Unit::count,
                     at(&Config::http, &EdgeLimits::headers_count_max), "of one request"));
  s.push_back(number("http.batch_max", Unit::bytes, at(&Config::http, &EdgeLimits::batch_bytes_max),
                     "a batch's body"));
  s.push_back(number("http.batch_lines_max", Unit::count,
                     at(&Config::http, &EdgeLimits::batch_lines_max), "commands a batch"));
  s.push_back(number("http.connections_max", Unit::count,
                     at(&Config::http, &EdgeLimits::connections_max),
                     "beyond it 503 overloaded; probes are answered"));
  s.push_back(number("http.pipeline_max", Unit::count,
                     at(&Config::http, &EdgeLimits::pipeline_requests_max),
                     "unanswered requests of a connection"));
  s.push_back(number("http.in_flight_max", Unit::count,
                     at(&Config::http, &EdgeLimits::in_flight_commands_max),
                     "undecided commands of a thread; beyond it nobody is read"));
  s.push_back(number("http.waiting_reads_max", Unit::count,
                     at(&Config::http, &EdgeLimits::waiting_reads_max),
                     "reads of a thread that wait for a position"));
  s.push_back(number("http.walk_outcomes_max", Unit::count,
                     at(&Config::http, &EdgeLimits::walk_outcomes_max),
                     "a page of a history or a view of the past looks at"));
  s.push_back(number("http.unsent_max", Unit::bytes,
                     at(&Config::http, &EdgeLimits::unsent_bytes_max),
                     "answers a connection has not taken; beyond it nothing is read"));
  s.push_back(number("http.idle_max", Unit::ms, at(&Config::http, &EdgeLimits::idle_ms_max),
                     "between two requests"));
  s.push_back(number("http.head_time_max", Unit::ms, at(&Config::http, &EdgeLimits::head_ms_max),
                     "from the first byte to the end of the headers"));
  s.push_back(number("http.request_time_max", Unit::ms,
                     at(&Config::http, &EdgeLimits::request_ms_max),
                     "from the first byte to the last"));
  s.push_back(number("http.write_time_max", Unit::ms, at(&Config::http, &EdgeLimits::write_ms_max),
                     "without the client taking a byte"));
  s.push_back(number("http.wait_default", Unit::ms, at(&Config::http, &EdgeLimits::wait_ms_default),
                     "for an outcome, without Prefer: wait"));
  s.push_back(number("http.wait_max", Unit::ms, at(&Config::http, &EdgeLimits::wait_ms_max),
                     "the longest Prefer: wait"));
  s.push_back(number("http.retry_after", Unit::seconds,
                     at(&Config::http, &EdgeLimits::retry_after_s), "told with a 503"));
}

void add_processor(std::vector<Setting>& s) {
  s.push_back(number("processor.batch_commands_max", Unit::count,
                     at(&Config::processor, &ProcessorLimits::batch_commands_max),
                     "decided in one turn"));
  s.push_back(number("processor.batch_max", Unit::bytes,
                     at(&Config::processor, &ProcessorLimits::batch_bytes_max),
                     "read for one turn"));
  s.push_back(number("processor.command_max", Unit::bytes,
                     at(&Config::processor, &ProcessorLimits::command_bytes_max),
                     "one command's record"));
  s.push_back(number("processor.outcome_max", Unit::bytes,
                     at(&Config::processor, &ProcessorLimits::outcome_bytes_max),
                     "the events of one outcome"));
  s.push_back(number("processor.parked_per_stream_max", Unit::count,
                     at(&Config::processor, &ProcessorLimits::parked_per_stream_max),
                     "beyond it the stream answers 503"));
  s.push_back(number("processor.checkpoint_interval", Unit::ms_kept_in_ns,
                     at(&Config::processor, &ProcessorLimits::checkpoint_interval_ns),
                     "at the latest, when rows changed"));
  s.push_back(number("processor.checkpoint_outcomes_max", Unit::count,
                     at(&Config::processors, &GroupLimits::unfrozen_outcomes_max),
                     "over all partitions of a processor thread: what a restart folds follows"));
}

void add_kafka(std::vector<Setting>& s) {
  const auto text_in_kafka = [&](std::string name, std::string Config::Kafka::*member,
                                 std::string about) {
    s.push_back({std::move(name), std::move(about),
                 [=](const Config& c) { return c.kafka.*member; },
                 [=](Config& c, std::string_view value) {
                   c.kafka.*member = value;
                   return std::string();
                 }});
  };
  text_in_kafka("kafka.brokers", &Config::Kafka::brokers,
                "host:port,…; empty: the log is embedded in --data");
  text_in_kafka("kafka.group", &Config::Kafka::group, "of the nodes that share the partitions");
  text_in_kafka("kafka.instance", &Config::Kafka::instance,
                "this node's name in the group, the same after a restart; empty: one kept in --data");
  s.push_back({"kafka.control_secret",
               "shared with `spate log parked redrive|discard`; empty: neither is taken",
               [](const Config& c) {
                 return std::string(c.kafka.control_secret.empty() ? "" : "(secret)");
               },
               [](Config& c, std::string_view value) {
                 constexpr std::size_t bytes_min = 16;
                 c.kafka.control_secret = value;
                 return std::string(value.empty() || value.size() >= bytes_min
                                        ? ""
                                        : "is too short: at least 16 characters");
               }});
  s.push_back(number("kafka.close_max", Unit::ms,
                     at(&Config::kafka, &Config::Kafka::close_ms_max),
                     "then a client that hangs is abandoned"));
}

void add_cluster(std::vector<Setting>& s) {
  const auto text_in_cluster = [&](std::string name, std::string Config::Cluster::*member,
                                   std::string about) {
    s.push_back({std::move(name), std::move(about),
                 [=](const Config& c) { return c.cluster.*member; },
                 [=](Config& c, std::string_view value) {
                   c.cluster.*member = value;
                   return std::string();
                 }});
  };
  text_in_cluster("cluster.listen", &Config::Cluster::listen,
                  "on Kafka: where other nodes reach this one; port 0 takes a free one");
  text_in_cluster("cluster.advertise", &Config::Cluster::advertise,
                  "host:port that they are told; empty: as cluster.listen");
  s.push_back(number("cluster.standby", Unit::count, at(&Config::cluster, &Config::Cluster::standby),
                     "other nodes, at least, that keep a partition's rows folded; 0: none"));
}

void add_checkpoints(std::vector<Setting>& s) {
  using Checkpoints = Config::Checkpoints;
  s.push_back({"checkpoints.directory",
               "on Kafka: shared by all nodes, where a new one fetches rows, ids and views",
               [](const Config& c) { return c.checkpoints.directory; },
               [](Config& c, std::string_view value) {
                 c.checkpoints.directory = value;
                 return std::string();
               }});
  s.push_back(number("checkpoints.interval", Unit::ms,
                     at(&Config::checkpoints, &Checkpoints::interval_ms),
                     "between two that are shipped, by whichever node"));
  s.push_back(number("checkpoints.keep", Unit::count, at(&Config::checkpoints, &Checkpoints::keep),
                     "the newest, others are removed"));
  s.push_back(number("checkpoints.rate_max", Unit::bytes,
                     at(&Config::checkpoints, &Checkpoints::rate_bytes_max),
                     "bytes a second that shipping reads and writes"));
}

void add_scan(std::vector<Setting>& s) {
  s.push_back(number("scan.interval", Unit::ms, at(&Config::scan, &Config::Scan::interval_ms),
                     "stored rows and views are held against their recorded digests; 0: when asked"));
  s.push_back(number("scan.rate_max", Unit::bytes,
                     at(&Config::scan, &Config::Scan::rate_bytes_max),
                     "bytes a second that a scan reads, behind everything else"));
}

}  // namespace

std::span<const Setting> settings() {
  static const std::vector<Setting> all = [] {
    std::vector<Setting> list;
    add_server(list);
    add_kafka(list);
    add_cluster(list);
    add_checkpoints(list);
    add_scan(list);
    add_http(list);
    add_processor(list);
    return list;
  }();
  return all;
}

std::optional<Setting> find_setting(std::string_view name) {
  for (const Setting& setting : settings())
    if (setting.name == name) return setting;
  return kafka_property_setting(name);
}

std::string suggest_setting(std::string_view name) {
  NearestName nearest(name);
  for (const Setting& setting : settings()) nearest.offer(setting.name);
  return nearest.found().empty() ? "; `spate config show` lists every setting" : nearest.hint();
}

std::string variable_of(std::string_view setting) {
  if (setting == "environment") return "ENVIRONMENT";
  if (setting == "log_level") return "LOG_LEVEL";
  if (setting == "metrics") return "ENABLE_METRICS";
  std::string name = "SPATE_" + std::string(setting);
  std::replace(name.begin(), name.end(), '.', '_');
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return std::toupper(c); });
  return name;
}

}  // namespace spate
