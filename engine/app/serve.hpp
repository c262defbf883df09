// serve: the whole server in one call: engine, edge, signals, an orderly end under a watchdog.
#pragma once
#include "engine/app/config.hpp"

namespace spate {

/// Runs until SIGTERM or SIGINT. Returns the exit code of the process: 0 a clean end, 2 the start
/// was refused, 5 it had to stop while running.
int serve(const Config& config);

}  // namespace spate
