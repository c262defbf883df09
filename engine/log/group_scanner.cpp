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
  if (ahead_) return ahead_->at(offset, bytes);
  const std::size_t had = raw_.size();
  const std::size_t more = bytes - had;
  TRY(const std::size_t n, file_.read(offset + had, {raw_.grow(more), more}));
  raw_.resize_down(had + n);
  return Bytes(raw_);
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
