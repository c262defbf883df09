// A checkpoint as it lies in memory without its digest.
#include "engine/projector/view_position.hpp"

#include <cstring>

#include "engine/base/bytes.hpp"
#include "engine/base/crc32c.hpp"
#include "engine/projector/view_key.hpp"

namespace spate {
namespace {

constexpr uint8_t position_format = 1;

struct StoredCheckpoint {
  Hash128 log_id;
  uint64_t incarnation = 0;
  Epoch epoch;
  Sequence sequence;
  Cause cause;
  Instant time;
  uint64_t chain = 0;
  uint64_t schema_digest = 0;
  uint32_t logic_version = 0;
  uint32_t padding = 0;
};
static_assert(sizeof(StoredCheckpoint) == 80);

struct StoredPosition {
  uint8_t format = position_format;
  uint8_t clearing = 0;
  uint16_t zero = 0;
  uint32_t crc = 0;
  StoredCheckpoint at;

  uint32_t right_crc() const { return crc32c({reinterpret_cast<const uint8_t*>(&at), sizeof at}); }
};
static_assert(std::is_trivially_copyable_v<StoredPosition>);

}  // namespace

std::string position_key(PartitionId id) {
  std::string key;
  for (const uint16_t n : {domain_reserved, id.domain, id.index}) {
    key += static_cast<char>(n >> 8);
    key += static_cast<char>(n);
  }
  return key;
}

std::string digest_key(PartitionId id) { return position_key(id) + 'd'; }

std::string position_value(const Checkpoint& at, bool clearing) {
  std::string value(sizeof(StoredPosition), '\0');
  StoredPosition stored;
  stored.clearing = clearing;
  stored.at = {at.log.id, at.log.incarnation, at.epoch, at.sequence, at.cause, at.time,
               at.chain,  at.schema_digest, at.logic_version};
  stored.crc = stored.right_crc();
  std::memcpy(value.data(), &stored, sizeof stored);
  return value;
}

std::optional<Checkpoint> position_in(const std::string& value) {
  StoredPosition stored;
  if (value.size() != sizeof stored) return std::nullopt;
  std::memcpy(static_cast<void*>(&stored), value.data(), sizeof stored);
  if (stored.format != position_format || stored.clearing || stored.crc != stored.right_crc())
    return std::nullopt;
  const StoredCheckpoint& at = stored.at;
  return Checkpoint{{at.log_id, at.incarnation}, at.epoch, at.sequence, at.cause, at.time,
                    at.chain, at.schema_digest, at.logic_version, {}};
}

}  // namespace spate
