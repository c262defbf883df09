// UndoLog: room in the ring of values.
#include "engine/state/undo_log.hpp"

#include <bit>

namespace spate {
namespace {
constexpr std::size_t value_bytes_min = 64 << 10;
}

void UndoLog::make_room(std::size_t size) {
  // A value lies in one piece: skip what is left at the ring's end, if the piece then fits.
  const std::size_t capacity = values_ ? value_mask_ + 1 : 0;
  const std::size_t skip = values_ ? capacity - (value_last_ & value_mask_) : 0;
  if (values_ && value_last_ + skip + size - value_first_ <= capacity) value_last_ += skip;
  else grow_values(size);
}

void UndoLog::grow_values(std::size_t size) {
  const std::size_t live = value_last_ - value_first_;
  const std::size_t capacity = std::bit_ceil(std::max(value_bytes_min, 2 * (live + size)));
  auto larger = std::make_unique_for_overwrite<uint8_t[]>(capacity);
  uint64_t end = 0;  // values are packed anew from the start
  for (std::size_t i = 0; i < records_.size(); ++i) {
    Record& record = records_[i];
    if (record.size > 0) std::memcpy(larger.get() + end, at(record.value_at), record.size);
    record.value_at = end;
    end += aligned_up(record.size, 8);
  }
  values_ = std::move(larger);
  value_mask_ = capacity - 1;
  value_first_ = 0;
  value_last_ = end;
}

}  // namespace spate
