// The names, kinds, labels and help of every metric: what docs, dashboards and alerts rely on.
#include "engine/telemetry/metrics.hpp"

namespace spate {
namespace {

using enum MetricKind;

constexpr MetricName names[] = {
    {Metric::http_requests, "spate_http_requests_total", counter, "HTTP requests answered.",
     {"method", "route", "code"}},
    {Metric::http_request_duration, "spate_http_request_duration_seconds", histogram,
     "From the last byte of a request to the first of its answer.", {"method", "route"}},
    {Metric::http_connections, "spate_http_connections", gauge, "Open connections.", {}},
    {Metric::http_in_flight_commands, "spate_http_in_flight_commands", gauge,
     "Commands that wait for their outcome.", {}},
    {Metric::commands, "spate_commands_total", counter,
     "Commands answered, by what became of them: accepted, parked, a rejection's name.",
     {"domain", "command", "outcome"}},
    {Metric::command_end_to_end, "spate_command_end_to_end_seconds", histogram,
     "From reading a command to its durable outcome.", {"domain"}},
    {Metric::partition_lag_records, "spate_partition_lag_records", gauge,
     "Commands in the log that are not decided.", {"domain", "partition"}},
    {Metric::partition_lag_time, "spate_partition_lag_seconds", gauge,
     "Age of the oldest command that is not decided.", {"domain", "partition"}},
    {Metric::queue_depth, "spate_queue_depth", gauge, "Bytes that wait in a queue.", {"queue"}},
    {Metric::projection_position, "spate_projection_position", gauge,
     "Sequence up to which outcomes are folded into views.", {"domain", "partition"}},
    {Metric::projection_views, "spate_projection_views", gauge,
     "1: this generation of views, of this version, serves; 0: it is kept, or being rebuilt.",
     {"domain", "generation", "version"}},
    {Metric::projection_outdated, "spate_projection_outdated", gauge,
     "1: the views that serve are of another version than the binary's, and show no new outcomes.",
     {"domain"}},
    {Metric::log_sync, "spate_log_sync_seconds", histogram, "One sync of the log.", {}},
    {Metric::log_group_records, "spate_log_group_records", histogram,
     "Records made durable by one sync.", {}},
    {Metric::log_bytes, "spate_log_written_bytes_total", counter, "Bytes written to the log.", {}},
    {Metric::dead_letters, "spate_dead_letters_total", counter, "Commands refused.", {"reason"}},
    {Metric::parked_streams, "spate_parked_streams", gauge,
     "Streams stopped by a failure of our own code.", {"domain", "partition"}},
    {Metric::parked_commands, "spate_parked_commands", gauge,
     "Commands that wait for repair.", {"domain", "partition"}},
    {Metric::duplicates, "spate_duplicates_total", counter,
     "Commands answered with the outcome of an earlier one.", {"domain", "partition"}},
    {Metric::checkpoint_age, "spate_checkpoint_age_seconds", gauge,
     "Time since rows were last written down; 0 while none has changed since.", {"domain", "partition"}},
    {Metric::recovery_estimate, "spate_recovery_estimate_seconds", gauge,
     "How long a restart would fold the log now.", {}},
    {Metric::dirty_rows, "spate_dirty_rows_bytes", gauge, "Rows changed since the last checkpoint.",
     {"domain", "partition"}},
    {Metric::log_lines_dropped, "spate_log_lines_dropped_total", counter,
     "Lines of this process's own log dropped because nobody read them.", {}},
    {Metric::rocksdb_block_cache, "spate_rocksdb_block_cache_bytes", gauge,
     "Block cache in use, write buffers included.", {}},
    {Metric::rocksdb_memtables, "spate_rocksdb_memtables_bytes", gauge, "Write buffers.", {"store"}},
    {Metric::rocksdb_sst, "spate_rocksdb_sst_bytes", gauge, "Files of the store.", {"store"}},
    {Metric::rocksdb_pending_compaction, "spate_rocksdb_pending_compaction_bytes", gauge,
     "Bytes that compaction has yet to rewrite.", {"store"}},
    {Metric::kafka_broker_up, "spate_kafka_broker_up", gauge,
     "1 while every instance of that client is connected to the broker.", {"client", "broker"}},
    {Metric::kafka_broker_rtt, "spate_kafka_broker_rtt_seconds", gauge,
     "Mean time of a request to the broker, over the last interval of statistics.",
     {"client", "broker"}},
    {Metric::kafka_requests, "spate_kafka_requests_total", counter, "Requests sent to brokers.",
     {"client"}},
    {Metric::kafka_request_errors, "spate_kafka_request_errors_total", counter,
     "Requests that could not be sent, and answers that could not be read.", {"client"}},
    {Metric::kafka_request_timeouts, "spate_kafka_request_timeouts_total", counter,
     "Requests that no broker answered in time.", {"client"}},
    {Metric::kafka_disconnects, "spate_kafka_disconnects_total", counter,
     "Connections to brokers that ended.", {"client"}},
    {Metric::kafka_sent_bytes, "spate_kafka_sent_bytes_total", counter, "Bytes sent to brokers.",
     {"client"}},
    {Metric::kafka_received_bytes, "spate_kafka_received_bytes_total", counter,
     "Bytes received from brokers.", {"client"}},
    {Metric::kafka_received_records, "spate_kafka_received_records_total", counter,
     "Records received from brokers.", {"client"}},
    {Metric::kafka_queued_records, "spate_kafka_queued_records", gauge,
     "Records produced and not yet reported.", {"client"}},
    {Metric::kafka_queued_bytes, "spate_kafka_queued_bytes", gauge,
     "Bytes produced and not yet reported.", {"client"}},
    {Metric::kafka_fetched_bytes, "spate_kafka_fetched_bytes", gauge,
     "Bytes fetched ahead and not yet read.", {"client"}},
    {Metric::kafka_rebalances, "spate_kafka_rebalances_total", counter,
     "Assignments of the group that this node was told.", {}},
    {Metric::feed_records, "spate_feed_records_total", counter,
     "Dead letters and events delivered to the topics of others.", {"domain"}},
    {Metric::feed_lag_records, "spate_feed_lag_records", gauge,
     "Durable outcomes that feeds have not yet delivered.", {"domain", "partition"}},
    {Metric::checkpoints_shipped, "spate_checkpoints_shipped_total", counter,
     "Checkpoints that this node put into the shared directory.", {}},
    {Metric::checkpoints_failed, "spate_checkpoints_failed_total", counter,
     "Checkpoints that could not be shipped; the log says why.", {}},
    {Metric::checkpoints_sent_bytes, "spate_checkpoints_sent_bytes_total", counter,
     "Bytes written to the shared directory.", {}},
    {Metric::checkpoints_age, "spate_checkpoints_age_seconds", gauge,
     "Since the newest that this node shipped was taken.", {}},
    {Metric::forwarded_requests, "spate_forwarded_requests_total", counter,
     "Requests between nodes: sent to an owner, sent to it again, put into the log in its stead, "
     "given up; and served for another node.", {"what"}},
    {Metric::forwarded_in_flight, "spate_forwarded_in_flight", gauge,
     "Requests between nodes that are not yet answered.", {}},
    {Metric::build_info, "spate_build_info", gauge, "1, labelled with the version.", {"version"}},
    {Metric::process_cpu, "process_cpu_seconds_total", counter,
     "User and system CPU time spent.", {}},
    {Metric::process_open_fds, "process_open_fds", gauge, "Open file descriptors.", {}},
    {Metric::process_max_fds, "process_max_fds", gauge, "Limit of open file descriptors.", {}},
    {Metric::process_resident_memory, "process_resident_memory_bytes", gauge, "Resident memory.", {}},
    {Metric::process_virtual_memory, "process_virtual_memory_bytes", gauge, "Virtual memory.", {}},
    {Metric::process_start_time, "process_start_time_seconds", gauge,
     "Start of the process since the Unix epoch.", {}},
};

constexpr bool listed_in_order() {
  std::size_t next = 0;
  for (const MetricName& name : names)
    if (static_cast<std::size_t>(name.metric) != next++) return false;
  return next == static_cast<std::size_t>(Metric::process_start_time) + 1;
}
static_assert(listed_in_order(), "one entry for each Metric, in the order of the enum");

}  // namespace

std::span<const MetricName> metric_names() { return names; }

}  // namespace spate
