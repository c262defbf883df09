// A break is a torn tail only when nothing behind it proves that what it broke had been durable.
#include "engine/log/tail_scan.hpp"

#include <algorithm>

namespace spate {

TailScan::TailScan(Storage& storage, StoredFile& file, const Hash128& log, const Topology& topology,
                   const SegmentPlace& place)
    : storage_(storage),
      file_(file),
      scanner_(file, log, place.segment),
      topology_(topology),
      place_(place),
      check_(topology) {
  end_ = {place.segment, place.first_group, place.opening_hash, place.first_offset};
  durable_through_ = place.first_group - 1;
  durable_end_ = end_;
}

Result<void> TailScan::run() {
  if (const std::string wrong = check_.start_from(place_.states); !wrong.empty())
    return rot(storage_, place_.segment, 0, wrong);
  durable_states_ = check_.states();
  Group group;
  for (;;) {
    TRY(const bool whole, scanner_.read(end_.offset, group));
    if (!whole || group.head.kind == GroupKind::seal) break;
    TRY(const bool taken, take(group));
    if (!taken) break;
  }
  TRY(sealed_, find_seal());
  if (!sealed_) TRY(judge_break());
  if (const std::string wrong = check_.finish(); !wrong.empty())
    return rot(storage_, place_.segment, end_.offset, wrong);
  return {};
}

Result<bool> TailScan::take(Group& group) {
  if (group.head.number != end_.number + 1 || group.head.previous != end_.hash)
    return rot(storage_, place_.segment, end_.offset,
               "group " + std::to_string(group.head.number) + " does not continue group " +
                   std::to_string(end_.number));
  std::string wrong;
  std::vector<uint32_t> touched;
  const bool rows = each_record(group.body, [&](const RecordView& record, std::size_t) {
    if (!wrong.empty()) return;
    wrong = check_.add(record);
    if (!wrong.empty()) return;
    const uint32_t dense = topology_.dense_index({record.head.domain, record.head.index});
    if (touched.empty() || touched.back() != dense) touched.push_back(dense);
  });
  if (!rows) wrong = "its body is no row of records";
  if (!wrong.empty()) return rot(storage_, place_.segment, end_.offset, wrong);
  end_ = {place_.segment, group.head.number, group.hash, group.end()};
  Undurable last{group.head, end_, {}};
  for (const uint32_t dense : touched) last.changed.push_back(check_.states()[dense]);
  undurable_.push_back(std::move(last));
  settle(group.head.durable_through);
  return true;
}

void TailScan::settle(uint64_t durable_through) {
  durable_through_ = std::max(durable_through_, durable_through);
  while (!undurable_.empty() && undurable_.front().head.number <= durable_through_) {
    durable_end_ = undurable_.front().end;
    for (const PartitionState& state : undurable_.front().changed)
      durable_states_[topology_.dense_index(state.id)] = state;
    undurable_.pop_front();
  }
}

Result<bool> TailScan::find_seal() {
  Group group;
  for (const uint64_t copy : {uint64_t{0}, uint64_t{block_bytes}}) {
    TRY(const bool whole, scanner_.read(end_.offset + copy, group));
    if (!whole || !is_seal_of(group.head, end_)) continue;
    rolled_ = (group.head.flags & group_flag::rolled) != 0;
    settle(end_.number);
    return true;
  }
  return false;
}

Result<void> TailScan::judge_break() {
  TRY(const uint64_t size, file_.size());
  if (size < place_.file_bytes)
    return rot(storage_, place_.segment, size,
               "the file ends here, its opening says " + std::to_string(place_.file_bytes) +
                   " bytes: it was cut");
  Group later;
  for (uint64_t at = end_.offset;; at = later.offset + block_bytes) {
    TRY(const bool found, scanner_.find(at, later));
    if (!found) break;
    if (later.head.durable_through > end_.number)
      return rot(storage_, place_.segment, end_.offset,
                 "group " + std::to_string(end_.number + 1) + " is damaged, but group " +
                     std::to_string(later.head.number) + " at " + std::to_string(later.offset) +
                     " says that it was durable");
  }
  return measure_torn();
}

Result<void> TailScan::measure_torn() {
  ByteBuffer window;
  constexpr std::size_t window_bytes = std::size_t{1} << 20;
  for (uint64_t at = end_.offset;; at += window_bytes) {
    window.clear();
    TRY(const std::size_t n, file_.read(at, {window.grow(window_bytes), window_bytes}));
    const uint8_t* last = window.data() + n;
    while (last != window.data() && last[-1] == 0) --last;
    if (last != window.data())
      torn_bytes_ = at + static_cast<uint64_t>(last - window.data()) - end_.offset;
    if (n < window_bytes) return {};
  }
}

}  // namespace spate
