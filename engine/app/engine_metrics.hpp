// What the engine's parts count, as samples for /metrics.
#pragma once
#include "engine/app/engine.hpp"
#include "engine/telemetry/metrics.hpp"

namespace spate {

/// Reads numbers that threads publish anyway; called on the scraper's thread.
void engine_metrics(const Engine& engine, const Clock& clock, std::vector<Sample>& out);

}  // namespace spate
