// DiskReserve: a file that only takes room, given up when a start finds the disk full (rule B5).
#pragma once
#include <cstdint>
#include <string>

#include "engine/base/result.hpp"

namespace spate {

/// The stores write some small files when they are opened; without room for them a full disk could
/// not even be read.
inline constexpr uint64_t disk_reserve_bytes = 32 << 20;
inline constexpr uint64_t start_bytes_min = 2 << 20;

/// Before the stores are opened: makes DIRECTORY/reserve while more than `free_bytes_min` is free
/// besides, removes it when hardly anything is. Faults: `storage_full`.
Result<void> keep_disk_reserve(const std::string& directory, uint64_t free_bytes_min);

}  // namespace spate
