// The hash chain over a partition's valid outcomes, and the tail that it ends in (C5).
#pragma once
#include "engine/log/log.hpp"

namespace spate {

/// The chain after an outcome whose whole record body is `body`; 0 before the first. The chain
/// before it is the outcome's own field, so it is hashed with the rest; a seed would cost more than
/// the hash.
inline uint64_t next_chain(Bytes body) { return xxh3_64(body); }

/// Raises `tail` (and `epoch`) to the end of records that continue it and end with `last`, which we
/// made: causes never decrease (A2) and an outcome names the chain before it.
void advance(Tail& tail, Epoch& epoch, LogSide side, const RecordView& last);
void advance(Tail& tail, Epoch& epoch, const RecordBatch& batch);

}  // namespace spate
