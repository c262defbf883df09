// Step: what one turn of a component did. Components own no thread; app/ or a simulation steps
// them.
#pragma once

namespace spate {

enum class Step : unsigned char {
  idle,     ///< nothing to do until a bell rings or time passes
  worked,   ///< did something; step again
  blocked,  ///< has work but waits for room downstream; step again after a bell
};

}  // namespace spate
