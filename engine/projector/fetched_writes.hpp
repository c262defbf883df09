// Views to write, each on its way to the cache before its turn.
#pragma once
#include <algorithm>

#include "engine/base/hash.hpp"
#include "engine/projector/view_filter.hpp"
#include "engine/projector/view_store.hpp"

namespace spate {

/// Calls `visit(view, hash)` for each: views lie scattered in key order, and so do their places in
/// the filter, so both are asked for ahead.
template <class Visit>
void each_fetched(std::span<const ViewWrite> views, const ViewFilter& filter, Visit visit) {
  constexpr std::size_t ahead = 16;
  uint64_t hashes[ahead];
  for (std::size_t from = 0; from < views.size(); from += ahead) {
    const auto some = views.subspan(from, std::min(ahead, views.size() - from));
    for (std::size_t i = from + ahead; i < std::min(from + 2 * ahead, views.size()); ++i) {
      spate::prefetch(views[i].key.data());
      spate::prefetch(views[i].value.data());
      spate::prefetch(views[i].value.data() + views[i].value.size());
    }
    for (std::size_t i = 0; i < some.size(); ++i) {
      hashes[i] = xxh3_64(as_bytes(some[i].key));
      filter.prefetch(hashes[i]);
    }
    for (std::size_t i = 0; i < some.size(); ++i) visit(some[i], hashes[i]);
  }
}

}  // namespace spate
