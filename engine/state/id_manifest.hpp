// IdManifest: which run files make up a table of ids, and how far they cover the log.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "engine/base/ids.hpp"
#include "engine/base/log_identity.hpp"
#include "engine/base/result.hpp"

namespace spate {

struct IdManifest {
  LogIdentity log;             ///< whose ids these are
  Sequence covered;            ///< every id of outcomes up to here is in the runs
  uint64_t chain = 0;          ///< of the log up to there (C2, C5)
  uint64_t next_number = 1;    ///< of a run file
  std::vector<uint64_t> runs;  ///< oldest first
  bool operator==(const IdManifest&) const = default;
};

/// Nothing when there is none. Faults: `ids_rot`, `ids_foreign` (of a format before this one).
Result<std::optional<IdManifest>> read_manifest(const std::string& directory);
/// On disk, and the only one, when it returns.
Result<void> write_manifest(const std::string& directory, const IdManifest& manifest);
std::string manifest_path(const std::string& directory);
std::string run_path(const std::string& directory, uint64_t number);
/// Removes drafts and runs that the manifest does not name: what a crash left behind.
Result<void> remove_strays(const std::string& directory, const IdManifest& manifest);

}  // namespace spate
