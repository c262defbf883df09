// Views to write, each on its way to the cache before its turn.
#pragma once
#include <algorithm>

#include "engine/base/hash.hpp"
#include "engine/projector/view_filter.hpp"
#include "engine/projector/view_store.hpp"

namespace spate {

inline uint64_t hash_of(const ViewWrite& view) {
  return view.hash != 0 ? view.hash : xxh3_64(as_bytes(view.key));
}

/// Calls `visit(view, hash)` for each: views lie scattered in key order, and so do their places in
/// the filter, so both are asked for ahead.
template <class Visit>
void each_fetched(std::span<const ViewWrite> views, const ViewFilter& filter, Visit visit) {
  constexpr std::size_t ahead = 16;
  for (std::size_t i = 0; i < views.size(); ++i) {
    if (i + 2 * ahead < views.size()) {
      const ViewWrite& far = views[i + 2 * ahead];
      spate::prefetch(far.key.data());
      spate::prefetch(far.value.data());
      spate::prefetch(far.value.data() + far.value.size());
    }
    if (i + ahead < views.size()) filter.prefetch(hash_of(views[i + ahead]));
    visit(views[i], hash_of(views[i]));
  }
}

}  // namespace spate
