// One read for small groups, a second one for the rest of large ones.
#include "engine/log/group_scanner.hpp"

namespace spate {
namespace {
constexpr std::size_t first_read_bytes = 4 * block_bytes;
constexpr std::size_t find_window_bytes = std::size_t{1} << 20;
}  // namespace

Result<bool> GroupScanner::read(uint64_t offset, Group& group) {
  raw_.clear();
  TRY(const std::size_t n, file_.read(offset, {raw_.grow(first_read_bytes), first_read_bytes}));
  raw_.resize_down(n);
  const auto head = parse_head(raw_, log_, segment_);
  if (!head) return false;
  const std::size_t whole = group_bytes(head->stored_bytes);
  if (raw_.size() < whole) {
    if (n < first_read_bytes) return false;  // the file ends before the group does
    const std::size_t more = whole - n;
    TRY(const std::size_t rest, file_.read(offset + n, {raw_.grow(more), more}));
    if (rest < more) return false;
  }
  raw_.resize_down(whole);
  if (!body_is_whole(*head, raw_)) return false;
  group.head = *head;
  group.offset = offset;
  group.hash = xxh3_128(raw_);
  const Bytes stored = Bytes(raw_).subspan(group_head_bytes, head->stored_bytes);
  return unpack_body(*head, stored, group.body);
}

Result<bool> GroupScanner::find(uint64_t from, Group& group) {
  for (;;) {
    window_.clear();
    TRY(const std::size_t n,
        file_.read(from, {window_.grow(find_window_bytes), find_window_bytes}));
    window_.resize_down(n);
    for (std::size_t at = 0; at + group_head_bytes <= n; at += block_bytes) {
      if (!parse_head(Bytes(window_).subspan(at), log_, segment_)) continue;
      TRY(const bool whole, read(from + at, group));
      if (whole) return true;
    }
    if (n < find_window_bytes) return false;
    from += find_window_bytes;
  }
}

}  // namespace spate
