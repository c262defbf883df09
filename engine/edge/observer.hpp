// EdgeObserver: what the edge tells about its work; telemetry turns it into metrics.
#pragma once
#include <cstdint>
#include <string_view>

namespace spate::edge {

/// Called on the edge thread `thread`, often: count, do not block. The views are literals or live
/// as long as the catalog.
class EdgeObserver {
 public:
  virtual ~EdgeObserver() = default;
  /// `route` is a template such as `/v1/{domain}/{stream}`: no ids.
  virtual void request(std::size_t thread, std::string_view method, std::string_view route,
                       int status, int64_t duration_ns) = 0;
  /// `outcome`: accepted, parked, pending, key_reused, a rejection's name, or a 503's code.
  virtual void command(std::size_t thread, std::string_view domain, std::string_view command,
                       std::string_view outcome, int64_t end_to_end_ns) = 0;
  /// The connections open on this thread, the commands that wait for their outcome, and the bytes
  /// held for clients (`HeldBytes`).
  virtual void load(std::size_t thread, std::size_t connections, std::size_t in_flight,
                    std::size_t held_bytes) = 0;
  /// So many connections were ended that left answers unread while memory was full.
  virtual void shed(std::size_t thread, std::size_t connections) = 0;
};

}  // namespace spate::edge
