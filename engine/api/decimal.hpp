// Decimals as people write them: 3.14 is 3.14, not the nearest binary fraction to it.
#pragma once

namespace spate {

/// Whether |x - y| ≤ tolerance, of the shortest decimals that read back as these numbers: 3.13 lies
/// within 0.01 of 3.14, although their doubles do not. Requires: all finite.
bool is_within(double x, double y, double tolerance);

}  // namespace spate
