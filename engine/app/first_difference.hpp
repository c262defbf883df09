// FirstDifference: the first entry that two stores do not have alike, where digests are unequal.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.hpp"

namespace spate {

using VisitEntry = std::function<void(std::string_view key, std::string_view value)>;
/// Visits all entries, in the same order on both sides.
using EachEntry = std::function<Result<void>(const VisitEntry&)>;

struct EntryDifference {
  std::string key;
  enum class Kind : uint8_t { changed, only_kept, only_folded } kind = Kind::changed;
};

/// None: they are alike. Memory: eight bytes an entry. Both are passed over twice at most.
Result<std::optional<EntryDifference>> first_difference(const EachEntry& kept,
                                                        const EachEntry& folded);

}  // namespace spate
