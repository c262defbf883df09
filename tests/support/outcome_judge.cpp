// The rules of the topic once more, in as few words as possible.
#include "tests/support/outcome_judge.hpp"

#include "schemas/envelope_generated.h"

namespace spate {

const std::vector<OutcomeJudge::Valid>& OutcomeJudge::valid() {
  const auto& topic = kafka_.topic({partition_, LogSide::outcomes});
  for (; seen_ < topic.size(); ++seen_) look_at(topic[seen_]);
  return valid_;
}

void OutcomeJudge::look_at(const SimulatedKafka::Record& record) {
  ByteBuffer aligned;
  aligned.append(as_bytes(record.value));
  const auto* outcome = flatbuffers::GetRoot<envelope::Outcome>(aligned.data());
  if (outcome->kind() == envelope::Kind::ownership) {
    if (outcome->epoch() <= epoch_) return;
    epoch_ = outcome->epoch();
    void_ = false;
    ++epochs_;
    return;
  }
  if (static_cast<int>(outcome->kind()) >= 128) {
    const uint64_t chain = valid_.empty() ? 0 : valid_.back().hash;
    const bool counts = outcome->epoch() == epoch_ && !void_ &&
                        outcome->sequence() == valid_.size() && outcome->chain() == chain;
    if (counts) passed_ = std::max(passed_, outcome->cause());
    marks_ += counts;
    return;
  }
  if (outcome->epoch() != epoch_ || void_) {
    ++stragglers_;
    return;
  }
  const uint64_t next = valid_.size() + 1;
  if (outcome->sequence() < next) return;
  if (outcome->sequence() > next) {
    void_ = true;
    ++voids_;
    return;
  }
  const uint64_t chain = valid_.empty() ? 0 : valid_.back().hash;
  if (outcome->chain() != chain && wrong_.empty())
    wrong_ = "outcome " + std::to_string(next) + " of epoch " + std::to_string(epoch_) +
             " at offset " + std::to_string(record.offset) + " breaks the chain";
  valid_.push_back({xxh3_64(as_bytes(record.value)), outcome->cause(),
                    static_cast<std::size_t>(record.offset)});
}

}  // namespace spate
