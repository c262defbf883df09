// CRC32C (Castagnoli, RFC 3720 B.4): by the processor's instruction where it has one.
#pragma once
#include "engine/base/bytes.hpp"

namespace spate {

/// CRC of `bytes` continued from `crc` (0 to begin). Chooses hardware or software once, at start.
uint32_t crc32c(Bytes bytes, uint32_t crc = 0);
/// The table path, for tests and machines without the instruction.
uint32_t crc32c_software(Bytes bytes, uint32_t crc = 0);
bool crc32c_is_hardware();

}  // namespace spate
