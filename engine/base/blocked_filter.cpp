// BlockedFilter: memory of filters.
#include "engine/base/blocked_filter.hpp"

#include <cstdlib>

#include "engine/base/ensure.hpp"

namespace spate {

BlockedFilter::BlockedFilter(std::size_t blocks, std::size_t room, std::size_t keys)
    : blocks_(blocks),
      room_(room),
      keys_(keys),
      words_(static_cast<uint64_t*>(std::aligned_alloc(64, blocks * 64))) {
  ENSURE(words_ != nullptr);
  std::memset(words_.get(), 0, blocks * 64);
}

std::size_t GrowingFilter::bytes() const {
  std::size_t sum = 0;
  for (const auto& level : levels_) sum += level->bytes();
  return sum;
}

void GrowingFilter::grow() {
  const std::size_t room = levels_.empty() ? first_room_keys : levels_.back()->room() * 4;
  levels_.push_back(std::make_shared<BlockedFilter>(room));
}

}  // namespace spate
