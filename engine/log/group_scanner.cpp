// One read for small groups, a second one for the rest of large ones.
#include "engine/log/group_scanner.hpp"

namespace spate {
namespace {
constexpr std::size_t first_read_bytes = 4 * block_bytes;
constexpr std::size_t find_window_bytes = std::size_t{1} << 20;
}  // namespace

Result<bool> GroupScanner::read(uint64_t offset, Group& group) {
  raw_.clear();
  TRY(Bytes raw, bytes_at(offset, first_read_bytes));
  const auto head = parse_head(raw, log_, segment_);
  if (!head) return false;
  const std::size_t whole = group_bytes(head->stored_bytes);
  if (raw.size() < whole) {
    if (raw.size() < first_read_bytes) return false;  // the file ends before the group does
    TRY(raw, bytes_at(offset, whole));
    if (raw.size() < whole) return false;
  }
  raw = raw.first(whole);
  if (!body_is_whole(*head, raw)) return false;
  group.head = *head;
  group.offset = offset;
  group.hash = xxh3_128(raw);
  return unpack_body(*head, raw.subspan(group_head_bytes, head->stored_bytes), group.body);
}

Result<Bytes> GroupScanner::bytes_at(uint64_t offset, std::size_t bytes) {
  if (ahead_bytes_ != 0) return bytes_ahead(offset, bytes);
  const std::size_t had = raw_.size();
  const std::size_t more = bytes - had;
  TRY(const std::size_t n, file_.read(offset + had, {raw_.grow(more), more}));
  raw_.resize_down(had + n);
  return Bytes(raw_);
}

/// Groups begin at whole blocks, and so does what is read.
Result<Bytes> GroupScanner::bytes_ahead(uint64_t offset, std::size_t bytes) {
  const bool is_inside = offset >= window_at_ && offset + bytes <= window_at_ + window_bytes_;
  if (!is_inside) {
    move_window(offset, std::max(aligned_up(bytes, direct_bytes), ahead_bytes_));
    const std::size_t more = window_room_ - window_bytes_;
    TRY(const std::size_t n,
        file_.read_once(offset + window_bytes_, {window_.get() + window_bytes_, more}));
    window_bytes_ += n;
  }
  const auto from = static_cast<std::size_t>(offset - window_at_);
  return Bytes(window_.get() + from, std::min(bytes, window_bytes_ - from));
}

/// It begins at `offset`; what is there already stays, in whole blocks.
void GroupScanner::move_window(uint64_t offset, std::size_t room) {
  std::size_t kept = 0;
  const uint8_t* from = nullptr;
  if (offset >= window_at_ && offset < window_at_ + window_bytes_) {
    from = window_.get() + (offset - window_at_);
    kept = (window_bytes_ - static_cast<std::size_t>(offset - window_at_)) & ~(direct_bytes - 1);
  }
  if (room > window_room_) {
    std::unique_ptr<uint8_t, Free> larger(
        static_cast<uint8_t*>(std::aligned_alloc(direct_bytes, room)));
    ENSURE(larger != nullptr);
    if (kept != 0) std::memcpy(larger.get(), from, kept);
    window_ = std::move(larger);
    window_room_ = room;
  } else if (kept != 0) {
    std::memmove(window_.get(), from, kept);
  }
  window_at_ = offset;
  window_bytes_ = kept;
}

Result<bool> GroupScanner::find(uint64_t from, Group& group) {
  for (;;) {
    found_.clear();
    TRY(const std::size_t n,
        file_.read(from, {found_.grow(find_window_bytes), find_window_bytes}));
    found_.resize_down(n);
    for (std::size_t at = 0; at + group_head_bytes <= n; at += block_bytes) {
      if (!parse_head(Bytes(found_).subspan(at), log_, segment_)) continue;
      TRY(const bool whole, read(from + at, group));
      if (whole) return true;
    }
    if (n < find_window_bytes) return false;
    from += find_window_bytes;
  }
}

}  // namespace spate
