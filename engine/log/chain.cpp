// Only the last record of a batch is looked at.
#include "engine/log/chain.hpp"

#include "schemas/envelope_generated.h"

namespace spate {

void advance(Tail& tail, Epoch& epoch, LogSide side, const RecordView& last) {
  if (side == LogSide::commands) {
    tail.command = {last.head.number};
    return;
  }
  const auto* outcome = flatbuffers::GetRoot<envelope::Outcome>(last.body.data());
  tail.sequence = {last.head.number};
  tail.cause = std::max(tail.cause, Cause{outcome->cause()});
  tail.time = {last.head.time};
  tail.chain = next_chain(last.body);
  epoch = std::max(epoch, Epoch{outcome->epoch()});
}

void advance(Tail& tail, Epoch& epoch, const RecordBatch& batch) {
  if (batch.empty()) return;
  RecordView last;
  for (const RecordView& record : batch) last = record;
  advance(tail, epoch, batch.side(), last);
}

}  // namespace spate
