// One side as a list of hashes, the other held against it.
#include "engine/app/first_difference.hpp"

#include <vector>

#include "engine/base/bytes.hpp"
#include "engine/base/hash.hpp"

namespace spate {
namespace {

uint64_t hash_of(std::string_view key, std::string_view value) {
  return xxh3_64(as_bytes(value), xxh3_64(as_bytes(key)));
}

/// The key of the entry at `index`; none: there are not so many.
Result<std::optional<std::string>> key_at(const EachEntry& each, std::size_t index) {
  std::optional<std::string> found;
  std::size_t next = 0;
  TRY(each([&](std::string_view key, std::string_view) {
    if (next++ == index) found = std::string(key);
  }));
  return found;
}

}  // namespace

Result<std::optional<EntryDifference>> first_difference(const EachEntry& kept,
                                                        const EachEntry& folded) {
  using Kind = EntryDifference::Kind;
  std::vector<uint64_t> hashes;
  TRY(folded([&](std::string_view key, std::string_view value) {
    hashes.push_back(hash_of(key, value));
  }));
  std::size_t next = 0, differs = SIZE_MAX;
  TRY(kept([&](std::string_view key, std::string_view value) {
    const bool alike = next < hashes.size() && hashes[next] == hash_of(key, value);
    if (!alike && differs == SIZE_MAX) differs = next;
    ++next;
  }));
  if (differs == SIZE_MAX && next == hashes.size()) return std::optional<EntryDifference>{};
  differs = std::min(differs, next);
  TRY(const auto ours, key_at(kept, differs));
  TRY(const auto theirs, key_at(folded, differs));
  if (ours && theirs && *ours == *theirs)
    return std::optional(EntryDifference{*ours, Kind::changed});
  // The one that comes first is missing on the other side.
  if (!theirs || (ours && *ours < *theirs))
    return std::optional(EntryDifference{*ours, Kind::only_kept});
  return std::optional(EntryDifference{*theirs, Kind::only_folded});
}

}  // namespace spate
