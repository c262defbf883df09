// Its owner may merge runs meanwhile and remove the old ones: then there is a new manifest.
#include "engine/state/id_snapshot.hpp"

#include <filesystem>

#include "engine/state/file.hpp"

namespace spate {
namespace {

constexpr int tries_max = 100;

/// False: a run is not there any more.
Result<bool> link_runs(const std::string& from, const std::string& to, const IdManifest& manifest) {
  for (const uint64_t run : manifest.runs) {
    std::error_code error;
    std::filesystem::create_hard_link(run_path(from, run), run_path(to, run), error);
    if (error == std::errc::no_such_file_or_directory) return false;
    if (error) return stop("file_failed", "linking " + run_path(from, run) + ": " + error.message());
  }
  return true;
}

}  // namespace

Result<std::optional<Sequence>> snapshot_ids(const std::string& from, const std::string& to) {
  for (int i = 0; i < tries_max; ++i) {
    TRY(const std::optional<IdManifest> manifest, read_manifest(from));
    if (!manifest) return std::optional<Sequence>{};
    std::error_code error;
    std::filesystem::remove_all(to, error);
    if (error) return stop("file_failed", to + ": " + error.message());
    TRY(state::make_directory(to));
    TRY(const bool linked, link_runs(from, to, *manifest));
    if (!linked) continue;
    TRY(write_manifest(to, *manifest));
    return std::optional(manifest->covered);
  }
  return stop("file_failed", from + " changes faster than it can be linked");
}

}  // namespace spate
