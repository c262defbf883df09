// UndoLog: the old values of rows changed by outcomes that may turn out never to have been (A4).
#pragma once
#include "engine/base/ids.hpp"
#include "engine/state/ring.hpp"
#include "engine/state/row_generation.hpp"

namespace spate {

/// A ring of records and a ring of values; grows by doubling, so that a steady state allocates
/// nothing. Outcomes are settled at the front and undone at the back.
class UndoLog {
 public:
  struct Record {
    Sequence sequence;
    const RowEntry* entry;  ///< holds the key; its generation lives until the record is settled
    uint64_t value_at;      ///< in the endless numbering of the value ring
    uint32_t size;
    bool existed;
  };

  void push(Sequence sequence, const RowEntry& entry, Bytes old) {
    if (old.size() > left_to_write()) make_room(old.size());
    if (!old.empty()) std::memcpy(at(value_last_), old.data(), old.size());
    records_.push_back({sequence, &entry, value_last_, static_cast<uint32_t>(old.size()),
                        old.data() != nullptr});
    value_last_ += aligned_up(old.size(), 8);
  }
  void settle(Sequence sequence) {
    while (!records_.empty() && records_.front().sequence <= sequence) records_.pop_front();
    value_first_ = records_.empty() ? value_last_ : records_.front().value_at;
  }
  bool empty() const { return records_.empty(); }
  /// Requires: not empty.
  const Record& back() const { return records_.back(); }
  Bytes value(const Record& record) const {
    if (!record.existed) return {};
    static constexpr uint8_t nothing = 0;  // an empty value is not "no row"
    return {record.size == 0 ? &nothing : at(record.value_at), record.size};
  }
  void pop_back() {
    value_last_ = back().value_at;
    records_.pop_back();
  }
  std::size_t bytes() const {
    return records_.size() * sizeof(Record) + (value_last_ - value_first_);
  }
  std::size_t memory_bytes() const {
    return records_.memory_bytes() + (values_ ? value_mask_ + 1 : 0);
  }

 private:
  uint8_t* at(uint64_t place) const { return values_.get() + (place & value_mask_); }
  /// Bytes that fit in one piece at the end of the value ring.
  std::size_t left_to_write() const {
    if (!values_) return 0;
    const std::size_t to_end = value_mask_ + 1 - (value_last_ & value_mask_);
    return std::min<std::size_t>(to_end, value_mask_ + 1 - (value_last_ - value_first_));
  }
  void make_room(std::size_t size);
  void grow_values(std::size_t size);

  Ring<Record> records_;
  std::unique_ptr<uint8_t[]> values_;
  std::size_t value_mask_ = 0;
  uint64_t value_first_ = 0, value_last_ = 0;
};

}  // namespace spate
