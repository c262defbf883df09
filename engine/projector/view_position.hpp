// Positions of partitions as a store of views keeps them, behind all views:
//   positions   0xffff domain:u16 index:u16 (big-endian) → format:u8 clearing:u8 zero:u16 crc:u32
//               checkpoint; crc = CRC32C of the checkpoint's bytes
//   digests     the key of the position 'd' → as in checkpoint_record.cpp
#pragma once
#include <optional>
#include <string>

#include "engine/base/ids.hpp"
#include "engine/state/checkpoint.hpp"

namespace spate {

std::string position_key(PartitionId id);
std::string digest_key(PartitionId id);

/// `clearing`: the partition's views are being deleted.
std::string position_value(const Checkpoint& at, bool clearing);
/// Without its digest. None: the views are being cleared, or this is no position of ours.
std::optional<Checkpoint> position_in(const std::string& value);

}  // namespace spate
