// FeedProgress: how far the feeds of one partition have come, in memory and as a note.
#pragma once
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "engine/log/log.hpp"

namespace spate {

/// Sequence up to which each feed has delivered, by the feed's name.
using FeedPositions = std::map<std::string, Sequence>;

///   spate-feeds 1 <log: 32 hex digits> <incarnation> <feed>=<sequence> …
std::string to_text(const LogIdentity& log, const FeedPositions& positions);
/// Empty when the note is none, or of another log: then all begins at the beginning.
FeedPositions feed_positions_from_text(const LogIdentity& log, std::string_view text);

/// Records on their way: reports come in any order, progress is made in order alone.
class FeedsInFlight {
 public:
  explicit FeedsInFlight(Sequence delivered = {}) : delivered_(delivered), read_(delivered) {}

  /// Of the record sent next.
  uint64_t next_number() const { return first_ + records_.size(); }
  /// A record of the outcome was sent. Requires: `sequence` ≥ all before.
  void sent(Sequence sequence) { records_.push_back({sequence, false}); }
  /// All records of outcomes up to here were sent.
  void read(Sequence sequence) {
    read_ = sequence;
    settle();
  }
  void delivered(uint64_t number) {
    if (number < first_ || number - first_ >= records_.size()) return;
    records_[number - first_].delivered = true;
    settle();
  }
  /// Everything up to here is where it belongs.
  Sequence delivered() const { return delivered_; }
  std::size_t size() const { return records_.size(); }

 private:
  struct Record {
    Sequence sequence;
    bool delivered;
  };
  void settle() {
    for (; !records_.empty() && records_.front().delivered; ++first_) records_.pop_front();
    delivered_ = records_.empty() ? read_ : Sequence{records_.front().sequence.value - 1};
  }
  std::deque<Record> records_;
  uint64_t first_ = 1;
  Sequence delivered_, read_;
};

}  // namespace spate
