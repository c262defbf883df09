// Stores of the simulation as files, as a checkpoint ships them, and back.
#pragma once
#include <string>

#include "engine/projector/view_store.hpp"
#include "engine/state/state_store.hpp"

namespace spate {

/// A file, with the folders that it needs.
Result<void> put_file(const std::string& path, const std::string& text);
/// What the one file of `folder` holds whose name begins so; nothing when there is none.
std::string file_below(const std::string& folder, const std::string& begin);

/// All rows and their position; nothing for a store without one.
Result<std::string> text_of_rows(StateStore& store);
/// Requires: the store is empty.
Result<void> rows_from_text(const std::string& text, StateStore& store);

/// The views of a partition and their position; nothing for one without.
Result<std::string> text_of_views(ViewStore& store, PartitionId partition);
Result<void> views_from_text(const std::string& text, PartitionId partition, ViewStore& store);

}  // namespace spate
