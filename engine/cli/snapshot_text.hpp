// What the subcommands of `snapshot` have in common: sizes and durations in words.
#pragma once
#include <string>

#include "engine/codec/json_value.hpp"
#include "engine/snapshots/log_cut.hpp"
#include "engine/snapshots/snapshot_folder.hpp"

namespace spate::cli {

/// "1.5 MiB"
std::string size_text(uint64_t bytes);
/// "0.42 s"
std::string seconds_text(double seconds);
/// One snapshot as `list` shows it. `position`: with the token of where each partition ends.
JsonValue value_of(const ListedSnapshot& snapshot, bool position);

/// The point that a flag names; nothing when it was not given. Fault `usage`: it is none.
Result<std::optional<CutPoint>> cut_point(std::string_view flag, const std::string& text);

/// Of a log that begins a new life, by chance.
uint64_t new_incarnation();

}  // namespace spate::cli
