// Snapshots of a table of ids: its files as of now, linked, while it goes on being written.
#pragma once
#include "engine/state/id_manifest.hpp"

namespace spate {

/// Links the runs that the manifest of `from` names into `to`, which is made, and writes a manifest
/// there. Any thread. What it covers; nothing: there are no ids yet. Faults: `file_failed`, those
/// of the manifest.
Result<std::optional<Sequence>> snapshot_ids(const std::string& from, const std::string& to);

}  // namespace spate
