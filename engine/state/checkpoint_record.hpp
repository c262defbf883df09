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

/// The checkpoint's digest as a record beside it, which binaries that keep none pass over; empty:
/// it has none.
std::string to_digest_record(const Checkpoint& checkpoint);
/// None: it is damaged, or of another checkpoint, by a binary that did not renew it.
std::optional<Hash128> digest_of(Bytes record, const Checkpoint& checkpoint);

}  // namespace spate
