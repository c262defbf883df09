// AbsenceFilter: which rows surely do not exist in a store; saved ahead of every write to it.
#pragma once
#include <string>

#include "engine/base/blocked_filter.hpp"
#include "engine/state/state_store.hpp"

namespace spate {

/// The filter file always covers the store: it is saved before rows go down, and a key never leaves
/// it. So it fits a store at its own position or at any earlier one, which is what a crash leaves.
/// Threads: the owner adds and asks; `save` may run on another thread on a `snapshot`.
class AbsenceFilter {
 public:
  struct Snapshot {
    GrowingFilter::Levels levels;
    Checkpoint at;
  };

  /// `path` empty: never saved. `seed`: of the hashes. `room`: none: as much memory as it wants.
  AbsenceFilter(std::string path, uint64_t seed, std::shared_ptr<FilterRoom> room = {})
      : path_(std::move(path)), seed_(seed), filter_(std::move(room)) {}

  /// Loads the file if it covers the rows of the store, which is at `at`, else reads every key of
  /// the store, and then `note` says why. Faults: those of the store.
  Result<void> open(StateStore& store, const std::optional<Checkpoint>& at);
  const std::string& note() const { return note_; }

  void add(uint64_t hash) { filter_.add(hash); }
  bool may_contain(uint64_t hash) const { return filter_.may_contain(hash); }
  void prefetch(uint64_t hash) const { filter_.prefetch(hash); }
  std::size_t bytes() const { return filter_.bytes(); }

  Snapshot snapshot(const Checkpoint& at) const { return {filter_.levels(), at}; }
  Result<void> save(const Snapshot& snapshot) const;

 private:
  Result<GrowingFilter::Levels> load(const Checkpoint& store_at) const;

  std::string path_;
  uint64_t seed_;
  GrowingFilter filter_;
  std::string note_;
};

}  // namespace spate
