// Commands are found by their number, outcomes one after another.
#include "engine/log/move_stream.hpp"

#include "engine/log/kafka_commands.hpp"
#include "engine/log/log_piece.hpp"
#include "engine/log/valid_outcomes.hpp"
#include "schemas/envelope_generated.h"

namespace spate {
namespace {

constexpr std::string_view filler_type = "application/x-spate-filler";

template <class Table>
Bytes key_of(Bytes body) {
  const auto* stream = flatbuffers::GetRoot<Table>(body.data())->stream();
  return stream == nullptr ? Bytes{} : Bytes{stream->Data(), stream->size()};
}

}  // namespace

std::string_view MoveStream::content_type(const Record& record) {
  return record.is_filler ? filler_type : command_content_type;
}

int64_t MoveStream::total() const {
  const Tail& tail = partition_.tail;
  return static_cast<int64_t>(side_ == LogSide::commands ? tail.cause.value
                                                         : tail.sequence.value + partition_.claims);
}

Result<const MoveStream::Record*> MoveStream::peek() {
  if (offset_ >= total()) return nullptr;
  if (!record_) TRY(make());
  return &*record_;
}

void MoveStream::advance() {
  ++offset_;
  if (is_claim_) ++claims_;
  is_claim_ = false;
  record_.reset();
}

/// Places `at_` at the first record from `number` on; false when there is none.
Result<bool> MoveStream::find(uint64_t number) {
  for (;;) {
    if (batch_ == nullptr || batch_->last() < number) {
      TRY(batch_, log_.read(side_, partition_.id, number, log_piece_bytes));
      if (batch_ == nullptr || batch_->last() < number) return false;
      at_ = batch_->begin();
    }
    while ((**at_).head.number < number) ++*at_;
    return true;
  }
}

Result<void> MoveStream::make() {
  record_.emplace();
  if (side_ == LogSide::commands) {
    const uint64_t number = static_cast<uint64_t>(offset_) + 1;
    TRY(const bool found, find(number));
    record_->is_filler = !found || (**at_).head.number != number;
    if (record_->is_filler) {
      filler_ = "the log has no command " + std::to_string(number);
      record_->value = as_bytes(filler_);
      return {};
    }
    record_->value = (**at_).body;
    record_->key = key_of<envelope::Command>(record_->value);
    return {};
  }
  const uint64_t sequence = static_cast<uint64_t>(offset_) - claims_ + 1;
  TRY(const bool found, find(sequence));
  if (!found) return stop("log_rot", "an outcome that was there is gone; stop the move");
  record_->value = (**at_).body;
  const auto* outcome = flatbuffers::GetRoot<envelope::Outcome>(record_->value.data());
  if (outcome->epoch() > epoch_) {
    epoch_ = outcome->epoch();
    is_claim_ = true;
    claim_ = ownership_record({epoch_}, {log_.identity().id.hi, epoch_}, {});
    record_->value = claim_;
    return {};
  }
  record_->key = key_of<envelope::Outcome>(record_->value);
  return {};
}

}  // namespace spate
