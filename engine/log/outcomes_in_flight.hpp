// OutcomesInFlight: an owner's outcomes between being appended and being known to be durable.
#pragma once
#include <deque>
#include <functional>

#include "engine/log/kafka_client.hpp"

namespace spate {

/// Each record has a token, +1 a record, that its report carries; tokens are never given twice in
/// the life of a partition, so a late report of an ownership that is over names nobody. Not locked:
/// the partition is.
class OutcomesInFlight {
 public:
  /// A token for a record of another kind: the claim, a mark. `next` tells it before it is used up.
  uint64_t mint() { return ++minted_; }
  uint64_t next() const { return minted_ + 1; }
  /// That of a mark is settled, and all before it.
  void pass(uint64_t token) { settled_ = std::max(settled_, token); }
  void add(BatchPtr batch);
  /// Sends what is unsent, as long as the client has room and is not full.
  void send(KafkaClient& client, PartitionId partition);
  /// Forgets everything and says how many bytes that was.
  std::size_t clear();

  bool empty() const { return batches_.empty(); }
  bool has_unsent() const { return unsent_ < batches_.size(); }
  /// The highest token sent, and the highest of those that are settled or were forgotten.
  uint64_t sent() const { return sent_; }
  uint64_t settled() const { return settled_; }
  /// The last token of the oldest batch; 0 = there is none.
  uint64_t front_end() const { return batches_.empty() ? 0 : batches_.front().end; }

  /// Outcomes up to `token` are durable. Batches are handed to `take` with their last record; one
  /// of which only a part is new is copied. Returns the bytes settled.
  using Take = std::function<void(BatchPtr batch, const RecordView& last)>;
  std::size_t settle(uint64_t token, const Take& take);

  /// The next unsettled record was read from the log: settled as well, if it is this one.
  bool settle_read(Sequence sequence, Bytes body, std::size_t& bytes);

 private:
  struct Flying {
    BatchPtr batch;
    uint64_t end = 0;  // token of its last record
    RecordBatch::Iterator unsettled;
    std::size_t settled_bytes = 0;
    uint64_t begin() const { return end - batch->count() + 1; }
  };
  void take_unsent(const Flying& flying, KafkaRoom& room);
  static std::size_t bytes_of(const RecordView& record);
  /// Under its stream as key.
  static KafkaOutcome outcome_in(const RecordView& record);

  std::deque<Flying> batches_;
  std::vector<KafkaOutcome> to_send_;  // of one batch
  std::size_t unsent_ = 0;  // place of the first batch with unsent records
  RecordBatch::Iterator next_unsent_{nullptr};
  uint64_t minted_ = 0;
  uint64_t sent_ = 0;
  uint64_t settled_ = 0;
};

}  // namespace spate
