// Checkpoint records: a checkpoint as bytes, with a version and a checksum.
#pragma once
#include <string>

#include "engine/base/bytes.hpp"
#include "engine/base/result.hpp"
#include "engine/state/checkpoint.hpp"

namespace spate {

std::string to_record(const Checkpoint& checkpoint);
/// Faults: `rows_rot` when the record fails its checksum or is of another version.
Result<Checkpoint> checkpoint_of(Bytes record);

}  // namespace spate
