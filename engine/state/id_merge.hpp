// Merging sorted sources of command ids into one run, a page of each in memory.
#pragma once
#include <span>

#include "engine/state/id_run.hpp"

namespace spate {

using IdRuns = std::vector<std::shared_ptr<const IdRun>>;

/// How many of `runs`, from the newest back, a new run of `count` ids takes in: each run that stays
/// is more than twice as large as all newer ones, so there are at most log2(all ids) of them and an
/// id is written about that often.
std::size_t runs_to_merge(const IdRuns& runs, uint64_t count);

/// Writes `recent` (sorted) and all ids of `runs` to a run at `path`. Of one id the entry with the
/// highest sequence stays. `filter_bytes_max`: of its filter, which is in memory meanwhile.
Result<void> merge_ids(std::span<const IdEntry> recent,
                       std::span<const std::shared_ptr<const IdRun>> runs, const std::string& path,
                       std::size_t filter_bytes_max = ~std::size_t{0});

}  // namespace spate
