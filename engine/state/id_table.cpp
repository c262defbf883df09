// IdTable: recent ids, frozen ids and runs as one table.
#include "engine/state/id_table.hpp"

#include <array>
#include <atomic>
#include <numeric>

#include "engine/state/id_manifest.hpp"
#include "engine/state/id_merge.hpp"
#include "engine/state/ring.hpp"

namespace spate {

/// Written frozen ids stay as a cache of the newest; the writer empties the spare table meanwhile.
struct IdTable::State {
  /// An id that was answered anew: what it meant before. Ids that are new need none: they are
  /// undone from the end.
  struct Undo {
    Sequence sequence;
    IdEntry before;  ///< in the recent ids
  };

  const std::string directory;
  const IdTableLimits limits;
  IdSlots recent, frozen, spare;
  IdSlots older;  // of a table that lives in memory only: what runs hold otherwise
  bool frozen_waits = false;
  Sequence frozen_at;
  uint64_t frozen_chain = 0;
  std::size_t spare_bytes = 0;
  Ring<Undo> undo;
  std::atomic<uint64_t> settled{0};
  std::atomic<bool> writing{false};
  IdManifest manifest, next_manifest;  // next_: what the writer made, until finish_frozen
  IdRuns runs, next_runs;

  State(std::string where, const IdTableLimits& l)
      : directory(std::move(where)),
        limits(l),
        recent(l.hash_seed), frozen(l.hash_seed), spare(l.hash_seed), older(l.hash_seed) {}

  void undo_beyond(Sequence sequence);
  bool in_memory() const { return directory.empty(); }
  std::vector<IdEntry> sorted_frozen() const;
  Result<void> write_run(std::span<const IdEntry> ids);
  Result<std::shared_ptr<const IdRun>> open_run(uint64_t number) const {
    return IdRun::open(run_path(directory, number), number, limits.filter_room);
  }
  Result<void> widen_filters();
  Result<void> write();
};

IdTable::IdTable(std::string directory, IdTableLimits limits)
    : state_(std::make_unique<State>(std::move(directory), limits)) {}
IdTable::~IdTable() = default;

Result<void> IdTable::open(const LogIdentity& log) {
  State& s = *state_;
  if (s.in_memory()) return {};
  s.manifest = {.log = log};
  TRY(state::make_directory(s.directory));
  TRY(std::optional<IdManifest> found, read_manifest(s.directory));
  if (found && found->log != log)
    return stop("ids_foreign", s.directory + " holds the ids of another log; delete that "
                                             "directory, its ids are folded again from this log");
  if (found) s.manifest = std::move(*found);
  TRY(remove_strays(s.directory, s.manifest));
  s.runs.clear();
  for (uint64_t number : s.manifest.runs) {
    TRY(auto run, s.open_run(number));
    s.runs.push_back(std::move(run));
  }
  s.settled = s.manifest.covered.value;
  return {};
}

Sequence IdTable::covered() const { return state_->manifest.covered; }
uint64_t IdTable::covered_chain() const { return state_->manifest.chain; }

void IdTable::prefetch(const CommandId& id) const {
  const State& s = *state_;
  s.recent.prefetch(id);
  s.frozen.prefetch(id);
  for (const auto& run : s.runs) run->prefetch(id);
}

Result<std::optional<KnownId>> IdTable::find(const CommandId& id) {
  const State& s = *state_;
  for (const IdSlots* ids : {&s.recent, &s.frozen, &s.older})
    if (const IdEntry* entry = ids->find(id)) return std::optional(entry->known());
  for (auto run = s.runs.rbegin(); run != s.runs.rend(); ++run) {
    TRY(const std::optional<KnownId> known, (*run)->find(id));
    if (known) return known;
  }
  return std::optional<KnownId>{};
}

void IdTable::insert(const CommandId& id, KnownId known) {
  State& s = *state_;
  ENSURE(!s.frozen_waits || known.sequence > s.frozen_at);
  const auto before = s.recent.put({id, known.sequence.value, known.fingerprint});
  if (before && known.sequence.value > s.settled.load(std::memory_order_relaxed))
    s.undo.push_back({known.sequence, {id, before->sequence.value, before->fingerprint}});
}

void IdTable::State::undo_beyond(Sequence sequence) {
  for (; !undo.empty() && undo.back().sequence > sequence; undo.pop_back())
    recent.put(undo.back().before);
  while (recent.count() > 0 && recent.back().sequence > sequence.value) recent.pop_back();
}

void IdTable::revert_to(Sequence sequence) {
  State& s = *state_;
  ENSURE(sequence.value >= s.settled.load(std::memory_order_relaxed));
  if (s.frozen_waits && s.frozen_at > sequence) {  // never written: it may never have happened
    ENSURE(!s.writing.load(std::memory_order_acquire));
    s.undo_beyond(s.frozen_at);
    ENSURE(s.recent.count() == 0);  // all of them came after the frozen ones
    std::swap(s.recent, s.frozen);
    s.frozen_waits = false;
  }
  s.undo_beyond(sequence);
}

void IdTable::settle(Sequence sequence) {
  State& s = *state_;
  while (!s.undo.empty() && s.undo.front().sequence <= sequence) s.undo.pop_front();
  if (sequence.value > s.settled.load(std::memory_order_relaxed))
    s.settled.store(sequence.value, std::memory_order_release);
}

bool IdTable::wants_freeze() const {
  return state_->recent.count() > state_->limits.recent_ids_max;
}
bool IdTable::is_full() const {
  return state_->recent.count() > 2 * state_->limits.recent_ids_max;
}

void IdTable::freeze(Sequence at, uint64_t chain) {
  State& s = *state_;
  ENSURE(!s.frozen_waits);
  if (s.spare.count() != 0) s.spare.clear();  // only after a revert: else the writer did it
  std::swap(s.spare, s.frozen);
  std::swap(s.frozen, s.recent);
  s.spare_bytes = s.spare.memory_bytes();
  s.frozen_at = at;
  s.frozen_chain = chain;
  s.frozen_waits = true;
}
bool IdTable::has_frozen() const { return state_->frozen_waits; }

std::vector<IdEntry> IdTable::State::sorted_frozen() const {
  // Ids are hashes: dealt out by their first bits, what is left to sort fits a near cache.
  constexpr std::size_t heaps = 256;
  const auto heap_of = [](const IdEntry& entry) { return entry.id.hi >> 56; };
  std::array<std::size_t, heaps + 1> end{};  // of the heap before, then of the heap
  frozen.each([&](const IdEntry& entry) { ++end[heap_of(entry) + 1]; });
  std::partial_sum(end.begin(), end.end(), end.begin());
  std::vector<IdEntry> ids(frozen.count());
  frozen.each([&](const IdEntry& entry) { ids[end[heap_of(entry)]++] = entry; });
  auto from = ids.begin();
  for (std::size_t heap = 0; heap < heaps; ++heap) {
    const auto to = ids.begin() + static_cast<std::ptrdiff_t>(end[heap]);
    std::sort(from, to, [](const IdEntry& a, const IdEntry& b) { return a.id < b.id; });
    from = to;
  }
  return ids;
}

/// The ids and the newest runs, as far as they are small enough, become one run.
Result<void> IdTable::State::write_run(std::span<const IdEntry> ids) {
  const std::size_t merged = runs_to_merge(runs, ids.size());
  const auto stay = runs.end() - static_cast<std::ptrdiff_t>(merged);
  const uint64_t number = next_manifest.next_number++;
  const std::string path = run_path(directory, number);
  TRY(merge_ids(ids, std::span(runs).last(merged), path, limits.written_filter_bytes_max));
  TRY(auto run, open_run(number));
  next_runs.assign(runs.begin(), stay);
  next_runs.push_back(std::move(run));
  next_manifest.runs.clear();
  for (const auto& r : next_runs) next_manifest.runs.push_back(r->number());
  return {};
}

/// A run that was merged had little room while those lived that it was merged from.
Result<void> IdTable::State::widen_filters() {
  if (limits.filter_room == nullptr) return {};
  for (auto& run : next_runs) {
    if (!run->would_gain(*limits.filter_room)) continue;
    TRY(run, open_run(run->number()));
  }
  return {};
}

Result<void> IdTable::State::write() {
  next_manifest = manifest;
  next_runs = runs;
  if (frozen_at > manifest.covered) {
    next_manifest.covered = frozen_at;
    next_manifest.chain = frozen_chain;
  }
  if (const std::vector<IdEntry> ids = sorted_frozen(); !ids.empty()) TRY(write_run(ids));
  TRY(widen_filters());
  if (next_manifest == manifest) return {};
  TRY(write_manifest(directory, next_manifest));
  return remove_strays(directory, next_manifest);  // the owner still reads them: open files stay
}

Result<void> IdTable::write_frozen() {
  State& s = *state_;
  ENSURE(s.frozen_at.value <= s.settled.load(std::memory_order_acquire));
  s.writing.store(true, std::memory_order_release);
  s.spare.clear();
  Result<void> written = s.in_memory() ? Result<void>{} : s.write();
  s.writing.store(false, std::memory_order_release);
  return written;
}

void IdTable::finish_frozen() {
  State& s = *state_;
  ENSURE(s.frozen_waits && !s.writing.load(std::memory_order_acquire));
  s.frozen_waits = false;
  if (s.in_memory()) {
    s.frozen.each([&](const IdEntry& entry) { s.older.put(entry); });
    return;
  }
  s.manifest = std::exchange(s.next_manifest, {});
  s.runs = std::exchange(s.next_runs, {});
}

Result<void> IdTable::clear() {
  State& s = *state_;
  ENSURE(!s.writing.load(std::memory_order_acquire));
  for (IdSlots* ids : {&s.recent, &s.frozen, &s.spare, &s.older}) ids->clear();
  s.frozen_waits = false;
  s.undo.clear();
  s.settled = 0;
  s.runs.clear();
  s.manifest = {.log = s.manifest.log};
  if (s.in_memory()) return {};
  TRY(write_manifest(s.directory, s.manifest));
  return remove_strays(s.directory, s.manifest);
}

std::size_t IdTable::count() const {
  const State& s = *state_;
  std::size_t sum = s.recent.count() + (s.frozen_waits ? s.frozen.count() : 0) + s.older.count();
  for (const auto& run : s.runs) sum += run->count();
  return sum;
}

std::size_t IdTable::memory_bytes() const {
  const State& s = *state_;
  std::size_t sum = s.recent.memory_bytes() + s.frozen.memory_bytes() + s.spare_bytes +
                    s.older.memory_bytes() + s.undo.memory_bytes();
  for (const auto& run : s.runs) sum += run->memory_bytes();
  return sum;
}

}  // namespace spate
