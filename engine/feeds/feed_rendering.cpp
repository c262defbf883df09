// The name of an outcome, as answers over HTTP carry it, too.
#include "engine/feeds/feed_rendering.hpp"

#include "engine/base/position.hpp"

namespace spate {

std::string feed_position(const FeedPlace& place, Sequence sequence) {
  Position position{place.incarnation, {}};
  position.raise(place.partition, sequence);
  return to_token(position);
}

}  // namespace spate
