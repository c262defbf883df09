// One counter look-up a request, on the edge's own thread.
#include "engine/app/edge_metrics.hpp"

namespace spate {
namespace {

/// Status codes as literals: labels must live as long as the metrics.
std::string_view status_text(int status) {
  static const auto table = [] {
    std::array<std::array<char, 3>, 600> codes{};
    for (int code = 100; code < 600; ++code)
      codes[code] = {static_cast<char>('0' + code / 100), static_cast<char>('0' + code / 10 % 10),
                     static_cast<char>('0' + code % 10)};
    return codes;
  }();
  if (status < 100 || status > 599) return "0";
  return {table[status].data(), 3};
}

}  // namespace

EdgeMetrics::EdgeMetrics(Metrics& metrics, std::size_t threads) : gauges_(threads) {
  for (std::size_t i = 0; i < threads; ++i) threads_.push_back(&metrics.add_thread());
  metrics.add_source([this](std::vector<Sample>& out) {
    double connections = 0, in_flight = 0, held_bytes = 0, shed = 0;
    for (const Gauges& gauges : gauges_) {
      connections += static_cast<double>(gauges.connections.get());
      in_flight += static_cast<double>(gauges.in_flight.get());
      held_bytes += static_cast<double>(gauges.held_bytes.get());
      shed += static_cast<double>(gauges.shed.get());
    }
    out.push_back({Metric::http_connections, {}, connections});
    out.push_back({Metric::http_in_flight_commands, {}, in_flight});
    out.push_back({Metric::http_held_bytes, {}, held_bytes});
    out.push_back({Metric::http_connections_shed, {}, shed});
  });
}

void EdgeMetrics::request(std::size_t thread, std::string_view method, std::string_view route,
                          int status, int64_t duration_ns) {
  ThreadMetrics& mine = *threads_[thread];
  mine.counter(Metric::http_requests, {method, route, status_text(status)}).add();
  mine.histogram(Metric::http_request_duration, {method, route}).record_duration(duration_ns);
}

void EdgeMetrics::command(std::size_t thread, std::string_view domain, std::string_view command,
                          std::string_view outcome, int64_t end_to_end_ns) {
  ThreadMetrics& mine = *threads_[thread];
  mine.counter(Metric::commands, {domain, command, outcome}).add();
  mine.histogram(Metric::command_end_to_end, {domain}).record_duration(end_to_end_ns);
}

void EdgeMetrics::load(std::size_t thread, std::size_t connections, std::size_t in_flight,
                       std::size_t held_bytes) {
  gauges_[thread].connections.set(connections);
  gauges_[thread].in_flight.set(in_flight);
  gauges_[thread].held_bytes.set(held_bytes);
}

void EdgeMetrics::shed(std::size_t thread, std::size_t connections) {
  gauges_[thread].shed.add(connections);
}

}  // namespace spate
