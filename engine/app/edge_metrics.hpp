// EdgeMetrics: what the edge tells about its work, counted per edge thread.
#pragma once
#include <vector>

#include "engine/edge/observer.hpp"
#include "engine/telemetry/metrics.hpp"

namespace spate {

class EdgeMetrics final : public edge::EdgeObserver {
 public:
  EdgeMetrics(Metrics& metrics, std::size_t threads);
  void request(std::size_t thread, std::string_view method, std::string_view route, int status,
               int64_t duration_ns) override;
  void command(std::size_t thread, std::string_view domain, std::string_view command,
               std::string_view outcome, int64_t end_to_end_ns) override;
  void load(std::size_t thread, std::size_t connections, std::size_t in_flight,
            std::size_t held_bytes) override;
  void shed(std::size_t thread, std::size_t connections) override;

 private:
  struct Gauges {
    Counter connections, in_flight, held_bytes, shed;
  };
  std::vector<ThreadMetrics*> threads_;
  std::vector<Gauges> gauges_;
};

}  // namespace spate
