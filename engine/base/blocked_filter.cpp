// BlockedFilter: memory of filters.
#include "engine/base/blocked_filter.hpp"

#include <algorithm>
#include <cstdlib>

#include "engine/base/ensure.hpp"

namespace spate {

BlockedFilter::BlockedFilter(std::size_t blocks, std::size_t room, std::size_t keys,
                             FilterShare share)
    : blocks_(blocks),
      room_(room),
      keys_(keys),
      share_(std::move(share)),
      words_(static_cast<uint64_t*>(std::aligned_alloc(64, blocks * block_bytes))) {
  ENSURE(words_ != nullptr);
  std::memset(words_.get(), 0, blocks * block_bytes);
}

std::unique_ptr<BlockedFilter> BlockedFilter::within(FilterShare share, std::size_t blocks,
                                                     std::size_t room, std::size_t keys) {
  std::size_t fewer = blocks;
  while (fewer * block_bytes > share.bytes() && fewer % 2 == 0) fewer /= 2;
  fewer = std::max<std::size_t>(std::min(fewer, share.bytes() / block_bytes), 1);
  share.keep(fewer * block_bytes);
  if (fewer < blocks) room = fewer * block_bytes * 8 / bits_per_key;
  return std::make_unique<BlockedFilter>(fewer, room, keys, std::move(share));
}

/// A key's block is the place of its hash among all hashes, so a block of the other one stands for
/// a range of hashes that lies in one block of this one, or in two.
void BlockedFilter::add_blocks(std::span<const uint64_t> words, std::size_t from,
                               std::size_t blocks_of_other) {
  ENSURE(blocks_ <= blocks_of_other);
  const auto place = [&](std::size_t block) {
    return static_cast<unsigned __int128>(block) * blocks_;
  };
  for (std::size_t i = 0; i * 8 < words.size(); ++i) {
    const auto first = static_cast<std::size_t>(place(from + i) / blocks_of_other);
    const auto last = static_cast<std::size_t>((place(from + i + 1) - 1) / blocks_of_other);
    for (std::size_t block = first; block <= last; ++block)
      for (std::size_t word = 0; word < 8; ++word) words_[block * 8 + word] |= words[i * 8 + word];
  }
}

std::size_t GrowingFilter::bytes() const {
  std::size_t sum = 0;
  for (const auto& level : levels_) sum += level->bytes();
  return sum;
}

void GrowingFilter::grow() {
  if (levels_.size() == levels_max) return;
  const std::size_t keys = levels_.empty() ? first_room_keys : levels_.back()->room() * 4;
  FilterShare share(room_, BlockedFilter::blocks_for(keys) * BlockedFilter::block_bytes);
  if (!levels_.empty() && share.bytes() < levels_.back()->bytes() / 4) return;  // no help
  const std::size_t blocks = std::max<std::size_t>(share.bytes() / BlockedFilter::block_bytes, 1);
  const std::size_t held = blocks * BlockedFilter::block_bytes * 8 / BlockedFilter::bits_per_key;
  levels_.push_back(
      std::make_shared<BlockedFilter>(blocks, std::min(keys, held), 0, std::move(share)));
}

}  // namespace spate
