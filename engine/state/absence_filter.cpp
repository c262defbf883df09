// The filter file:
//   file   := head levels body          (little-endian)
//   head   := magic:u64 version:u32 levels:u32 seed:u64
//             log:u64,u64 incarnation:u64 sequence:u64
//             body_bytes:u64 body_crc:u32 head_crc:u32     CRC32C of head before it and of levels
//   levels := (room:u64 keys:u64 blocks:u64)*              oldest first
//   body   := the levels' blocks, 64 bytes each
#include "engine/state/absence_filter.hpp"

#include "engine/base/crc32c.hpp"
#include "engine/state/file.hpp"

namespace spate {
namespace {

constexpr uint64_t filter_magic = 0x52544c4645544153;  // "SATEFLTR"
constexpr uint32_t filter_version = 1;
constexpr std::size_t piece_words = 128 << 10;
constexpr uint32_t levels_max = 16;  // the 16th has room for 7e13 keys

struct Head {
  uint64_t magic, version_levels, seed, log_hi, log_lo, incarnation, sequence, body_bytes;
  uint32_t body_crc, head_crc;
};
static_assert(sizeof(Head) == 72);
struct Level {
  uint64_t room, keys, blocks;
};

template <class T>
std::span<uint8_t> writable(T& value) {
  return {reinterpret_cast<uint8_t*>(&value), sizeof value};
}
template <class T>
Bytes bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const uint8_t*>(values.data()), values.size() * sizeof(T)};
}
uint32_t head_crc(const Head& head, const std::vector<Level>& levels) {
  const Bytes start(reinterpret_cast<const uint8_t*>(&head), offsetof(Head, head_crc));
  return crc32c(bytes_of(levels), crc32c(start));
}

/// Appends a level's blocks to the body. The owner may be adding; such a key may be half there.
Result<void> write_level(state::File& file, uint64_t body_at, const BlockedFilter& level,
                         Head& head) {
  std::vector<uint64_t> words;
  const std::size_t all = level.bytes() / 8;
  for (std::size_t from = 0; from < all; from += words.size()) {
    words.resize(std::min(piece_words, all - from));
    for (std::size_t i = 0; i < words.size(); ++i)
      words[i] = __atomic_load_n(level.words() + from + i, __ATOMIC_RELAXED);
    TRY(file.write(body_at + head.body_bytes, bytes_of(words)));
    head.body_crc = crc32c(bytes_of(words), head.body_crc);
    head.body_bytes += words.size() * 8;
  }
  return {};
}

/// Adds a level's blocks to `level`, which may have fewer.
Result<void> read_level(const state::File& file, uint64_t place, uint64_t blocks,
                        BlockedFilter& level, uint32_t& crc) {
  std::vector<uint64_t> words;
  for (uint64_t from = 0; from < blocks; from += words.size() / 8) {
    words.resize(std::min<uint64_t>(piece_words, (blocks - from) * 8));
    TRY(file.read(place + from * BlockedFilter::block_bytes,
                  {reinterpret_cast<uint8_t*>(words.data()), words.size() * 8}));
    crc = crc32c(bytes_of(words), crc);
    level.add_blocks(words, from, blocks);
  }
  return {};
}

tl::unexpected<Fault> unfit(std::string why) { return stop("filter_unfit", std::move(why)); }

}  // namespace

Result<void> AbsenceFilter::open(StateStore& store, const std::optional<Checkpoint>& at) {
  filter_.assign({});
  note_.clear();
  const std::string folder = path_.substr(0, path_.find_last_of('/') + 1);
  if (!folder.empty()) TRY(state::make_directory(folder));
  if (!at) return {};  // an empty store needs none
  if (auto levels = load(*at)) {
    filter_.assign(std::move(*levels));
    return {};
  } else {
    note_ = "absence filter read anew from the rows: " + levels.error().detail;
  }
  return store.each([this](std::string_view key, Bytes) {
    filter_.add(xxh3_64(as_bytes(key), seed_));
  });
}

Result<GrowingFilter::Levels> AbsenceFilter::load(const Checkpoint& store_at) const {
  if (path_.empty()) return unfit("it is not saved");
  TRY(const state::File file, state::File::open(path_));
  Head head;
  TRY(file.read(0, writable(head)));
  const auto levels_count = static_cast<uint32_t>(head.version_levels >> 32);
  if (head.magic != filter_magic || static_cast<uint32_t>(head.version_levels) != filter_version ||
      levels_count > levels_max)
    return unfit(path_ + " is of another format");
  std::vector<Level> levels(levels_count);
  TRY(file.read(sizeof head, {reinterpret_cast<uint8_t*>(levels.data()), bytes_of(levels).size()}));
  if (head_crc(head, levels) != head.head_crc) return unfit(path_ + " fails its checksum");
  const LogIdentity log{{head.log_hi, head.log_lo}, head.incarnation};
  if (head.seed != seed_ || log != store_at.log || Sequence{head.sequence} < store_at.sequence)
    return unfit(path_ + " does not cover the stored rows");
  GrowingFilter::Levels loaded;
  uint64_t place = sizeof head + bytes_of(levels).size();
  uint32_t crc = 0;
  for (const Level& level : levels) {
    FilterShare share(filter_.room(), level.blocks * BlockedFilter::block_bytes);
    auto filter =
        BlockedFilter::within(std::move(share), level.blocks, level.room, level.keys);
    TRY(read_level(file, place, level.blocks, *filter, crc));
    place += level.blocks * BlockedFilter::block_bytes;
    loaded.push_back(std::move(filter));
  }
  if (crc != head.body_crc) return unfit(path_ + " fails its checksum");
  return loaded;
}

Result<void> AbsenceFilter::save(const Snapshot& snapshot) const {
  if (path_.empty()) return {};
  const Checkpoint& at = snapshot.at;
  Head head{filter_magic, filter_version | uint64_t{snapshot.levels.size()} << 32, seed_,
            at.log.id.hi, at.log.id.lo, at.log.incarnation, at.sequence.value, 0, 0, 0};
  std::vector<Level> levels;
  for (const auto& level : snapshot.levels)
    levels.push_back({level->room(), level->keys(), level->blocks()});
  const std::string draft = path_ + ".draft";
  TRY(state::File file, state::File::create(draft));
  const uint64_t body_at = sizeof head + bytes_of(levels).size();
  for (const auto& level : snapshot.levels) TRY(write_level(file, body_at, *level, head));
  head.head_crc = head_crc(head, levels);
  TRY(file.write(0, writable(head)));
  TRY(file.write(sizeof head, bytes_of(levels)));
  return state::publish(file, draft, path_);
}

}  // namespace spate
