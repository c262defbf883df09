// Answers are kept as 64-bit hashes: a million of them cost 8 MB.
#include "engine/cli/load_ledger.hpp"

#include "engine/base/hash.hpp"

namespace spate::cli {

void LoadLedger::decided(uint64_t key, bool repetition, std::string_view outcome,
                         std::string_view answer, int64_t latency_ns) {
  ++answered_;
  latency_ns_.record(latency_ns);
  const uint64_t hash = xxh3_64(as_bytes(answer)) | 1;
  uint64_t& first = first_answers_[key];
  if (first == 0) {
    first = hash;
    ++outcomes_[std::string(outcome)];
  } else if (first != hash) {
    ++different_;
    return;
  }
  // A repetition may be answered before the one it repeats: then that one is compared with it.
  if (repetition) ++same_;
}

void LoadLedger::undecided(std::string_view outcome) { ++undecided_[std::string(outcome)]; }

void LoadLedger::saw(std::string_view token) {
  if (token == last_token_) return;
  last_token_ = token;
  Position seen;
  if (!from_token(token, seen)) return;
  position_.incarnation = seen.incarnation;
  for (const auto& [partition, sequence] : seen.parts) position_.raise(partition, sequence);
}

uint64_t LoadLedger::count(const std::string& outcome) const {
  const auto found = outcomes_.find(outcome);
  return found == outcomes_.end() ? 0 : found->second;
}

uint64_t LoadLedger::undecided_total() const {
  uint64_t total = 0;
  for (const auto& [_, count] : undecided_) total += count;
  return total;
}

}  // namespace spate::cli
