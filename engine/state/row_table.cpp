// RowTable: the generations, the undo log and the absence filter as one table.
#include "engine/state/row_table.hpp"

#include <atomic>
#include <cstdio>

#include "engine/state/absence_filter.hpp"
#include "engine/state/row_digest.hpp"
#include "engine/state/row_sort.hpp"
#include "engine/state/undo_log.hpp"

namespace spate {
namespace {

constexpr std::size_t undo_bytes_hard_factor = 4;  // of undo_bytes_max: the owner ignores is_full

}  // namespace

/// Frozen rows that wait to be written hide the store; once written they are a cache of it. The
/// third generation is being emptied by the writer, so that the owner never waits for that.
struct RowTable::State {
  StateStore& store;
  const RowTableLimits limits;
  AbsenceFilter filter;
  RowGeneration active, frozen, spare;
  bool frozen_waits = false;
  Checkpoint frozen_at;
  AbsenceFilter::Snapshot frozen_filter;
  std::size_t spare_bytes = 0;
  RowDigest digest;
  UndoLog undo;
  Sequence now;
  std::atomic<uint64_t> settled{0};
  std::atomic<bool> writing{false};
  uint64_t moves = 1;    // of rows in `active`: entries seen before may be elsewhere or gone
  uint64_t drops = 1;  // of rows out of `active`: what lies below now was not there before
  std::vector<HashedKey*> absent;         // scratch of prefetch
  std::vector<std::string_view> missing;
  std::vector<std::optional<std::string>> values;

  State(StateStore& s, RowTableLimits l)
      : store(s),
        limits(std::move(l)),
        filter(limits.filter_path, limits.hash_seed, limits.filter_room),
        digest(limits.journal_path, limits.log) {}

  uint64_t hash(std::string_view key) const { return xxh3_64(as_bytes(key), limits.hash_seed); }

  RowEntry* own(const HashedKey& key) const {
    return key.moves == moves ? key.entry : active.find(key.hash, key.text);
  }
  bool only_active(const HashedKey& key) const { return key.only_active_at == drops; }
  Result<void> load_missing();
  const RowEntry* below_or_loaded(const HashedKey& key);
  RowEntry& added(const HashedKey& key, std::size_t room);
  RowEntry& replaced(uint64_t hash, const RowEntry& old, std::size_t room);
  RowEntry& changed(const HashedKey& key, std::size_t room);
  void remember(RowEntry& entry, Bytes old);
  void set(std::string_view key, Bytes value);
  void restore(const UndoLog::Record& record);
  void thaw();
};

// Reading

/// Reads `missing` from the store; each of them is known afterwards, as a row or as none.
Result<void> RowTable::State::load_missing() {
  values.clear();
  TRY(store.get(missing, values));
  ENSURE(values.size() == missing.size());
  for (std::size_t i = 0; i < missing.size(); ++i) {
    const uint64_t h = hash(missing[i]);
    if (active.find(h, missing[i]) != nullptr) continue;  // named twice
    const std::size_t size = values[i] ? values[i]->size() : 0;
    RowEntry& entry = active.add(h, missing[i], size, false);
    entry.exists = values[i].has_value();
    entry.size = static_cast<uint32_t>(size);
    if (size > 0) std::memcpy(entry.value(), values[i]->data(), size);
  }
  missing.clear();
  return {};
}

/// Of a row that is not active. Null: there is surely none. What is read from the store is active.
const RowEntry* RowTable::State::below_or_loaded(const HashedKey& key) {
  if (only_active(key)) return nullptr;
  const RowEntry* entry = frozen.find(key.hash, key.text);
  if (entry != nullptr || !filter.may_contain(key.hash)) return entry;
  missing.assign(1, key.text);
  if (const Result<void> read = load_missing(); !read) {
    // Not ENSURE: inside a decision that would park a command for the disk's fault.
    std::fprintf(stderr, "a row could not be read: %s\n", read.error().detail.c_str());
    std::abort();
  }
  return active.find(key.hash, key.text);
}

RowTable::RowTable(StateStore& store, RowTableLimits limits)
    : state_(std::make_unique<State>(store, std::move(limits))) {}
RowTable::~RowTable() = default;

Result<void> RowTable::open() {
  State& s = *state_;
  ENSURE(!s.frozen_waits && s.active.dirty_count() == 0 && s.undo.empty());
  s.active.clear();
  s.frozen.clear();
  ++s.moves, ++s.drops;
  TRY(const std::optional<Checkpoint> at, s.store.checkpoint());
  s.now = at ? at->sequence : Sequence{};
  s.settled = s.now.value;
  TRY(s.digest.open(s.store, at));
  return s.filter.open(s.store, at);
}

std::string RowTable::note() const {
  const std::string &filter = state_->filter.note(), &digest = state_->digest.note();
  return filter + (filter.empty() || digest.empty() ? "" : "; ") + digest;
}

HashedKey RowTable::hashed(std::string_view key) const {
  HashedKey hashed;
  hashed.text = key;
  hashed.hash = state_->hash(key);
  return hashed;
}

Result<void> RowTable::prefetch(std::span<const std::string_view> keys) {
  std::vector<HashedKey> all;
  for (const std::string_view key : keys) all.push_back(hashed(key));
  return prefetch(all);
}

Result<void> RowTable::prefetch(std::span<HashedKey> keys) {
  State& s = *state_;
  if (s.active.clean_bytes() > s.limits.clean_bytes_max) {
    s.active.drop_clean();
    ++s.moves, ++s.drops;
  }
  for (const HashedKey& key : keys) {
    s.active.prefetch(key.hash);
    s.frozen.prefetch(key.hash);
  }
  s.absent.clear();
  s.missing.clear();
  for (HashedKey& key : keys) {
    key.entry = s.active.find(key.hash, key.text);
    key.moves = key.entry != nullptr ? s.moves : 0;
    if (key.entry != nullptr || s.frozen.find(key.hash, key.text) != nullptr) continue;
    s.filter.prefetch(key.hash);
    s.absent.push_back(&key);
  }
  for (HashedKey* key : s.absent) {
    if (s.filter.may_contain(key->hash)) s.missing.push_back(key->text);
    key->only_active_at = s.drops;
  }
  return s.missing.empty() ? Result<void>{} : s.load_missing();
}

Bytes RowTable::find(const HashedKey& key) {
  State& s = *state_;
  const RowEntry* entry = s.own(key);
  if (entry == nullptr) entry = s.below_or_loaded(key);
  return entry == nullptr ? Bytes{} : entry->bytes();
}

// Changing

void RowTable::State::remember(RowEntry& entry, Bytes old) {
  if (entry.changed_at == now.value || now.value <= settled.load(std::memory_order_relaxed)) return;
  undo.push(now, entry, old);
  entry.changed_at = now.value;
}

/// A row that was not active: a copy of the frozen or stored one, or a new one.
RowEntry& RowTable::State::added(const HashedKey& key, std::size_t room) {
  const RowEntry* older = below_or_loaded(key);
  RowEntry* loaded = older == nullptr ? nullptr : active.find(key.hash, key.text);
  if (loaded != nullptr) return *loaded;
  const Bytes old = older == nullptr ? Bytes{} : older->bytes();
  RowEntry& entry = active.add(key.hash, key.text, std::max(room, old.size()), true);
  entry.exists = old.data() != nullptr;
  entry.size = static_cast<uint32_t>(old.size());
  if (!old.empty()) std::memcpy(entry.value(), old.data(), old.size());
  if (older == nullptr) filter.add(key.hash);
  else digest.leaves(entry);
  return entry;
}

RowEntry& RowTable::State::replaced(uint64_t hash, const RowEntry& old, std::size_t room) {
  ++moves;
  return active.replace(hash, old, room);
}

/// The row in the active generation, with its old content, dirty, and with at least `room` bytes.
RowEntry& RowTable::State::changed(const HashedKey& key, std::size_t room) {
  RowEntry* row = own(key);
  if (row == nullptr) row = &added(key, room);
  if (!row->dirty) digest.leaves(*row);
  if (!row->dirty || row->room < room)
    row = &replaced(key.hash, *row, std::max<std::size_t>(room, row->size));
  remember(*row, row->bytes());
  return *row;
}

uint8_t* RowTable::edit(const HashedKey& key, std::size_t size) {
  State& s = *state_;
  RowEntry& entry = s.changed(key, size);
  if (!entry.exists) {
    std::memset(entry.value(), 0, size);
    entry.size = static_cast<uint32_t>(size);
    entry.exists = true;
  }
  ENSURE(entry.size == size);
  return entry.value();
}

void RowTable::put(const HashedKey& key, Bytes value) {
  State& s = *state_;
  ENSURE(value.data() != nullptr);
  RowEntry& entry = s.changed(key, value.size());
  if (!value.empty()) std::memcpy(entry.value(), value.data(), value.size());
  entry.size = static_cast<uint32_t>(value.size());
  entry.exists = true;
}

void RowTable::erase(const HashedKey& key) {
  State& s = *state_;
  RowEntry& entry = s.changed(key, 0);
  entry.exists = false;
  entry.size = 0;
}

void RowTable::begin(Sequence sequence) {
  State& s = *state_;
  ENSURE(sequence > s.now);
  ENSURE(s.undo.bytes() < undo_bytes_hard_factor * s.limits.undo_bytes_max);
  s.now = sequence;
}

void RowTable::settle(Sequence sequence) {
  State& s = *state_;
  s.undo.settle(sequence);
  if (sequence.value > s.settled.load(std::memory_order_relaxed))
    s.settled.store(sequence.value, std::memory_order_release);
}

void RowTable::State::restore(const UndoLog::Record& record) {
  const Bytes old = undo.value(record);
  const uint64_t h = hash(record.entry->key());
  RowEntry* entry = active.find(h, record.entry->key());
  ENSURE(entry != nullptr && entry->dirty);
  if (entry->room < old.size()) entry = &replaced(h, *entry, old.size());
  if (!old.empty()) std::memcpy(entry->value(), old.data(), old.size());
  entry->size = static_cast<uint32_t>(old.size());
  entry->exists = record.existed;
  entry->changed_at = 0;
}

/// The frozen rows become active ones again: they hold what may never have happened.
void RowTable::State::thaw() {
  ENSURE(!writing.load(std::memory_order_acquire));
  digest.thaw(frozen, active);
  active.absorb(frozen);
  frozen_waits = false;
}

void RowTable::revert_to(Sequence sequence) {
  State& s = *state_;
  ENSURE(sequence.value >= s.settled.load(std::memory_order_relaxed));
  if (s.frozen_waits && s.frozen_at.sequence > sequence) s.thaw();
  for (; !s.undo.empty() && s.undo.back().sequence > sequence; s.undo.pop_back())
    s.restore(s.undo.back());
  s.now = std::min(s.now, sequence);
}

// Going down to the store

bool RowTable::wants_freeze() const {
  return state_->active.dirty_bytes() > state_->limits.dirty_bytes_max;
}
bool RowTable::is_full() const {
  return state_->active.dirty_bytes() > 2 * state_->limits.dirty_bytes_max ||
         state_->undo.bytes() > state_->limits.undo_bytes_max;
}

void RowTable::freeze(const Checkpoint& at) {
  State& s = *state_;
  ENSURE(!s.frozen_waits && at.sequence == s.now);
  if (s.spare.count() != 0) s.spare.clear();  // only after a revert: else the writer did it
  std::swap(s.spare, s.frozen);
  std::swap(s.frozen, s.active);
  ++s.moves, ++s.drops;
  s.spare_bytes = s.spare.memory_bytes();
  s.frozen_at = at;
  s.frozen_filter = s.filter.snapshot(at);
  s.digest.freeze();
  s.frozen_waits = true;
}
bool RowTable::has_frozen() const { return state_->frozen_waits; }

Result<void> RowTable::write_frozen() {
  State& s = *state_;
  ENSURE(s.frozen_at.sequence.value <= s.settled.load(std::memory_order_acquire));
  s.writing.store(true, std::memory_order_release);
  s.spare.clear();
  std::vector<RowWrite> rows;
  HashSum sum = s.digest.before_write();
  {
    const std::vector<SortedRow> list = sorted(s.frozen, false);
    rows.reserve(list.size());
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (i + 8 < list.size()) prefetch_row(*list[i + 8].entry);
      const RowEntry& row = *list[i].entry;
      rows.push_back({row.key(), row.bytes()});
      if (row.exists) sum.add(row.key(), row.bytes());
    }
  }
  Checkpoint at = s.frozen_at;
  Result<void> written = s.digest.record(at, sum);
  if (written) written = s.filter.save(s.frozen_filter);  // first: the filter covers the store
  if (written) written = s.store.write(rows, at);
  if (written) s.digest.written(sum);
  s.writing.store(false, std::memory_order_release);
  return written;
}

void RowTable::finish_frozen() {
  State& s = *state_;
  ENSURE(s.frozen_waits && !s.writing.load(std::memory_order_acquire));
  s.frozen_waits = false;
  s.frozen_filter = {};
}

std::size_t RowTable::dirty_bytes() const { return state_->active.dirty_bytes(); }
std::size_t RowTable::memory_bytes() const {
  const State& s = *state_;
  return s.active.memory_bytes() + s.frozen.memory_bytes() + s.spare_bytes + s.filter.bytes() +
         s.undo.memory_bytes();
}

Result<Hash128> RowTable::digest() {
  HashSum sum;
  TRY(each([&](std::string_view key, Bytes value) { sum.add(key, value); }));
  return sum.value();
}

Hash128 RowTable::running_digest() const {
  const State& s = *state_;
  return s.digest.now(s.frozen_waits ? &s.frozen : nullptr, s.active);
}

const DigestJournal& RowTable::journal() const { return state_->digest.journal(); }

Result<void> RowTable::each(const std::function<void(std::string_view, Bytes)>& visit) {
  State& s = *state_;
  ENSURE(!s.writing.load(std::memory_order_acquire));
  std::vector<SortedRow> overlay = sorted(s.frozen, true);
  std::erase_if(overlay, [&](const SortedRow& row) {
    return s.active.find(s.hash(row.entry->key()), row.entry->key()) != nullptr;
  });
  const std::vector<SortedRow> active = sorted(s.active, true);
  overlay.insert(overlay.end(), active.begin(), active.end());
  KeySort<RowEntry>::run(overlay);
  std::size_t next = 0;
  const auto add_overlay_before = [&](std::string_view key, bool all) {
    for (; next < overlay.size() && (all || overlay[next].entry->key() < key); ++next) {
      const RowEntry& row = *overlay[next].entry;
      if (row.exists) visit(row.key(), row.bytes());
    }
  };
  TRY(s.store.each([&](std::string_view key, Bytes value) {
    add_overlay_before(key, false);
    if (next < overlay.size() && overlay[next].entry->key() == key) return;  // it hides this one
    visit(key, value);
  }));
  add_overlay_before({}, true);
  return {};
}

}  // namespace spate
