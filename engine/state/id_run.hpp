// IdRun: one sorted, immutable file of command ids, with fences and a Bloom filter in memory.
#pragma once
#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "engine/base/blocked_filter.hpp"
#include "engine/state/file.hpp"
#include "engine/state/id_slots.hpp"

namespace spate {

inline constexpr std::size_t id_page_bytes = 4096;
inline constexpr std::size_t ids_per_page = 127;

/// A page as it lies in the file; its checksum is checked whenever it is read.
struct IdPage {
  std::array<IdEntry, ids_per_page> entries;
  uint64_t zero[2];
  uint64_t number;
  uint32_t count;
  uint32_t crc;
};
static_assert(sizeof(IdPage) == id_page_bytes);

class IdRun {
 public:
  /// Reads header, fences and filter; the pages stay on disk. `room`: of the filter; none: as much
  /// as it wants. With less it says "maybe" of more ids, each a read of a page. Faults: `ids_rot`.
  static Result<std::shared_ptr<const IdRun>> open(const std::string& path, uint64_t number,
                                                   std::shared_ptr<FilterRoom> room = {});

  /// At most one read of a page, most often none. Faults: `ids_rot`.
  Result<std::optional<KnownId>> find(const CommandId& id) const;
  void prefetch(const CommandId& id) const { filter_->prefetch(filter_hash(id)); }
  /// Page `number` for one that reads them all. Faults: `ids_rot`.
  Result<void> read_page(uint64_t number, IdPage& page) const;

  uint64_t number() const { return number_; }
  uint64_t count() const { return count_; }
  uint64_t pages() const { return fences_.size(); }
  const std::string& path() const { return path_; }
  /// Opened again it would have a filter at least twice as large.
  bool would_gain(const FilterRoom& room) const {
    return std::min(filter_bytes_wanted_, room.left() / 2) >= 2 * filter_->bytes();
  }
  std::size_t memory_bytes() const { return fences_.size() * 8 + filter_->bytes(); }

  static uint64_t filter_hash(const CommandId& id) { return id.hi ^ id.lo * 0x9e3779b97f4a7c15; }

 private:
  uint64_t last_page_from(uint64_t hi) const;

  std::string path_;
  uint64_t number_ = 0;
  uint64_t count_ = 0;
  state::File file_;
  std::vector<uint64_t> fences_;  // `hi` of each page's first id
  std::size_t filter_bytes_wanted_ = 0;
  std::unique_ptr<BlockedFilter> filter_;
};

/// Writes a run from ids in ascending order; memory: its filter and fences.
class IdRunWriter {
 public:
  /// `ids_max`: at most so many will be added (sizes the filter, up to `filter_bytes_max`).
  static Result<IdRunWriter> create(const std::string& path, uint64_t ids_max,
                                    std::size_t filter_bytes_max);
  Result<void> add(const IdEntry& entry);
  /// On disk under its name when it returns.
  Result<void> finish();
  uint64_t count() const { return count_; }

 private:
  IdRunWriter() = default;
  Result<void> end_page();
  Result<void> flush();

  std::string path_;
  state::File file_;
  std::unique_ptr<IdPage> page_;
  ByteBuffer pages_;  // full ones, written together
  uint64_t written_ = id_page_bytes;
  uint64_t count_ = 0;
  CommandId last_;
  std::vector<uint64_t> fences_;
  std::unique_ptr<BlockedFilter> filter_;
};

/// "in DIR: …; delete that directory, …": what to do about a damaged file of ids.
tl::unexpected<Fault> ids_rot(const std::string& path, const std::string& what);

}  // namespace spate
