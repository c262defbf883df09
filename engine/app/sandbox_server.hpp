// SandboxServer: a server of any build, run until all that lies in a directory's log is decided.
#pragma once
#include <string>

#include "engine/base/result.hpp"

namespace spate {

/// Starts `binary` (empty: the one that runs) as `serve --data DATA` on a free port of this
/// machine, waits until it is ready, ends it in order. Blocks. Faults: `binary_failed`, with what
/// it said.
Result<void> serve_once(const std::string& binary, const std::string& data);

}  // namespace spate
