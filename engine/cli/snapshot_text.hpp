// What the subcommands of `snapshot` have in common: sizes and durations in words.
#pragma once
#include <string>

#include "engine/codec/json_value.hpp"
#include "engine/snapshots/snapshot_folder.hpp"

namespace spate::cli {

/// "1.5 MiB"
std::string size_text(uint64_t bytes);
/// "0.42 s"
std::string seconds_text(double seconds);
/// One snapshot as `list` shows it. `position`: with the token of where each partition ends.
JsonValue value_of(const ListedSnapshot& snapshot, bool position);

}  // namespace spate::cli
