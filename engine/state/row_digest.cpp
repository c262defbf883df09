// Which rows count in which generation.
#include "engine/state/row_digest.hpp"

namespace spate {
namespace {

/// What the dirty rows of a generation are, and no more what they were.
HashSum changes(const RowGeneration& rows, HashSum left) {
  rows.each([&](const RowGeneration::Slot& slot) {
    const RowEntry& row = *slot.entry;
    if (row.dirty && row.exists) left.add(row.key(), row.bytes());
  });
  return left;
}

}  // namespace

Result<void> RowDigest::open(StateStore& store, const std::optional<Checkpoint>& at) {
  stored_ = frozen_left_ = active_left_ = {};
  note_ = journal_.open();
  if (!at) return {};
  if (at->digest) {
    stored_ = HashSum(*at->digest);
    return {};
  }
  note_ += (note_.empty() ? "" : "; ") + std::string("the digest of the rows made anew from all of them");
  return store.each([this](std::string_view key, Bytes value) { stored_.add(key, value); });
}

/// Rows that are dirty in both count by the older content alone: what the younger ones took away as
/// theirs was never stored.
void RowDigest::thaw(const RowGeneration& frozen, const RowGeneration& active) {
  frozen.each([&](const RowGeneration::Slot& slot) {
    const RowEntry& row = *slot.entry;
    if (row.dirty && row.exists && active.find(slot.hash_of_key, row.key()) != nullptr)
      active_left_.add(row.key(), row.bytes());
  });
  active_left_ += std::exchange(frozen_left_, {});
}

Result<void> RowDigest::record(Checkpoint& at, HashSum sum) {
  at.digest = sum.value();
  return journal_.add(at);
}

Hash128 RowDigest::now(const RowGeneration* frozen, const RowGeneration& active) const {
  HashSum sum = frozen == nullptr ? stored_ : before_frozen_;
  if (frozen != nullptr) sum += changes(*frozen, frozen_left_);
  return (sum += changes(active, active_left_)).value();
}

}  // namespace spate
