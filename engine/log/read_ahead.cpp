// Only what crosses from one piece to the next is copied.
#include "engine/log/read_ahead.hpp"

#include <algorithm>

#include "engine/base/ensure.hpp"

namespace spate {

Result<Bytes> ReadAhead::at(uint64_t offset, std::size_t bytes) {
  if (joined_at_ != offset) joined_.clear();
  if (joined_.empty()) {
    TRY(go_to(offset));
    const Bytes held = pieces_.front().from(offset);
    if (held.size() >= bytes || is_last()) return held.first(std::min(bytes, held.size()));
  }
  joined_at_ = offset;
  while (joined_.size() < bytes) {
    const uint64_t next = offset + joined_.size();
    if (is_last() && next == pieces_.front().end()) break;
    TRY(go_to(next));
    const Bytes held = pieces_.front().from(next);
    joined_.append(held.first(std::min(bytes - joined_.size(), held.size())));
  }
  return Bytes(joined_).first(std::min(bytes, joined_.size()));
}

/// The first piece holds the place, or the file ends before it.
Result<void> ReadAhead::go_to(uint64_t offset) {
  if (!pieces_.empty() && pieces_.front().holds(offset)) return {};
  while (!pieces_.empty() && !is_last() && is_ahead(offset)) {
    TRY(go_on());
    const Piece& first = pieces_.front();
    if (first.holds(offset) || (is_last() && offset == first.end())) return {};
  }
  while (!pieces_.empty()) drop_first();
  begin(offset);
  return end_first();
}

/// It goes on there, or that piece is under way.
bool ReadAhead::is_ahead(uint64_t offset) const {
  const uint64_t next = pieces_.front().end();
  return offset == next || (offset > next && offset < pieces_.back().offset + limits_.piece_bytes);
}

Result<void> ReadAhead::go_on() {
  const uint64_t offset = pieces_.front().end();
  drop_first();
  if (pieces_.empty()) begin(offset);
  TRY(end_first());
  while (!is_last() && pieces_.size() <= limits_.pieces_ahead)
    begin(pieces_.back().offset + limits_.piece_bytes);
  return {};
}

/// The file ends with the first piece.
bool ReadAhead::is_last() const {
  return !pieces_.empty() && pieces_.front().bytes < limits_.piece_bytes;
}

void ReadAhead::begin(uint64_t offset) {
  Memory memory;
  if (unused_.empty()) {
    memory.reset(static_cast<uint8_t*>(std::aligned_alloc(direct_bytes, limits_.piece_bytes)));
    ENSURE(memory != nullptr);
  } else {
    memory = std::move(unused_.back());
    unused_.pop_back();
  }
  auto under_way = file_.begin_read(offset, {memory.get(), limits_.piece_bytes});
  pieces_.push_back({offset, std::move(memory), 0, std::move(under_way)});
}

void ReadAhead::drop_first() {
  Piece& piece = pieces_.front();
  piece.under_way.reset();  // ends before its memory is used again
  unused_.push_back(std::move(piece.memory));
  pieces_.pop_front();
}

/// After a fault nothing is held: who asks again reads again.
Result<void> ReadAhead::end_first() {
  Result<std::size_t> read = pieces_.front().under_way->wait();
  if (!read) {
    while (!pieces_.empty()) drop_first();
    return pass_on(std::move(read.error()));
  }
  pieces_.front().bytes = *read;
  pieces_.front().under_way.reset();
  return {};
}

}  // namespace spate
