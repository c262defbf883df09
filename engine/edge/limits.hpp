// EdgeLimits: every bound of the HTTP door, in one place; units are the last word of each name.
#pragma once
#include <cstddef>
#include <cstdint>

namespace spate::edge {

inline constexpr int64_t ms_ns = 1'000'000;
inline constexpr std::size_t page_items_max = 1000;    ///< of a list, a feed or a history
inline constexpr std::size_t page_bytes_max = 1 << 20;  ///< of these two; a larger one is alone

struct EdgeLimits {
  std::size_t body_bytes_max = 1 << 20;
  std::size_t command_bytes_max = 1 << 20;  ///< of a command's record, whoever owns its partition
  std::size_t head_bytes_max = 16 << 10;  ///< request line and headers together
  std::size_t headers_count_max = 100;
  std::size_t batch_bytes_max = 8 << 20;
  std::size_t batch_lines_max = 10'000;
  std::size_t batch_turn_lines_max = 256;    ///< of one batch, before others have their turn

  std::size_t connections_max = 10'000;  ///< of the whole server; beyond it one gets a 503
  /// Per thread, beyond connections_max: there probes are answered, and everybody else refused.
  std::size_t spare_connections_max = 64;
  std::size_t pipeline_requests_max = 64;  ///< unanswered requests of one connection
  std::size_t in_flight_commands_max =
      16'384;                                ///< per thread: the credit beyond which nobody is read
  std::size_t replays_waiting_max = 4'096;   ///< per thread: stored answers to be read again (D4)
  std::size_t replays_per_turn_max = 64;     ///< of them, before others have their turn
  std::size_t waiting_reads_max = 4'096;     ///< per thread: reads that wait for a position
  /// Of one partition, for one page of a history or one view of the past.
  std::size_t walk_outcomes_max = 1'000'000;
  std::size_t walk_turn_outcomes_max = 2'048;  ///< of them, before others have their turn
  std::size_t walks_max = 256;                 ///< per thread: such requests under way
  std::size_t unsent_bytes_max = 256 << 10;  ///< of one connection, beyond it nothing is read
  /// Per thread: what is held for all clients (`HeldBytes`), beyond `connection_bytes` for each.
  std::size_t held_bytes_max = 64 << 20;

  /// What a connection costs that holds nothing: its first buffer and the objects around it.
  static constexpr std::size_t connection_bytes = 4 << 10;
  /// What a record may have beside its body: ids, names, a trace. Bodies of many short texts or
  /// small numbers grow when they become a record: those are measured when it is made.
  static constexpr std::size_t record_bytes = 4 << 10;
  /// A body of up to a quarter of held_bytes_max can be received when nothing else is held: it is
  /// held as it came, grown into, without its chunks, and once more as a batch.
  static constexpr std::size_t held_bodies = 4;

  int64_t idle_ms_max = 75'000;     ///< a connection between two requests
  int64_t head_ms_max = 10'000;     ///< from a request's first byte to the end of its headers
  int64_t request_ms_max = 60'000;  ///< from a request's first byte to its last
  int64_t write_ms_max = 30'000;    ///< without the client taking a single byte
  int64_t spare_ms_max = 1'000;     ///< of a spare connection: until its request is there
  int64_t linger_ms_max = 1'000;    ///< reading on after an error, so that its answer arrives
  std::size_t linger_bytes_max = 16 << 20;  ///< a whole batch: most clients send before they read

  int64_t wait_ms_default = 5'000;  ///< for an outcome or a position, without `Prefer: wait`
  int64_t wait_ms_max = 30'000;
  int64_t fate_ms_max = 3'000;  ///< after the wait: how long to learn whether it was taken
  int64_t tick_ms = 100;        ///< grain of all time-outs
  int64_t retry_after_s = 1;
};

}  // namespace spate::edge
