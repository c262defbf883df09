// Edge limits: those of the HTTP door as this machine and `--memory` allow them.
#pragma once
#include <string>
#include <vector>

#include "engine/app/config.hpp"

namespace spate {

struct EdgeLimitsHere {
  edge::EdgeLimits limits;
  /// What is less than configured, each a sentence that says why and what would change it.
  std::vector<std::string> lowered;
};

/// `config.http` within `files` that may be open and the edge's part of the memory: a third of that
/// is what connections cost that hold nothing, the rest is divided over the edge threads, and a
/// body is at most what one of them can hold, and what passes all rings as a command.
EdgeLimitsHere edge_limits_here(const Config& config, std::size_t files);

}  // namespace spate
