// Checkpoints as bytes, little-endian:
//   record := version:u32 logic_version:u32 log:u64,u64 incarnation:u64 epoch:u64 sequence:u64
//             cause:u64 time:i64 chain:u64 schema_digest:u64 zero:u32 crc:u32
//   digest := hi:u64 lo:u64 crc:u32      the crc goes on from the one in the checkpoint's record:
//                                        over all of that it would be the same for all checkpoints
#include "engine/state/checkpoint_record.hpp"

#include "engine/base/crc32c.hpp"

namespace spate {
namespace {

constexpr uint32_t record_version = 1;

struct StoredCheckpoint {
  uint32_t version, logic_version;
  uint64_t log_hi, log_lo, incarnation, epoch, sequence, cause;
  int64_t time;
  uint64_t chain, schema_digest;
  uint32_t zero, crc;
};
static_assert(sizeof(StoredCheckpoint) == 88);

struct DigestRecord {
  uint64_t hi = 0, lo = 0;
  Bytes bytes() const { return {reinterpret_cast<const uint8_t*>(this), sizeof *this}; }
};
static_assert(sizeof(DigestRecord) == 16);

uint32_t crc_of(const StoredCheckpoint& record) {
  return crc32c({reinterpret_cast<const uint8_t*>(&record), offsetof(StoredCheckpoint, crc)});
}

StoredCheckpoint record_of(const Checkpoint& c) {
  StoredCheckpoint record{record_version, c.logic_version, c.log.id.hi, c.log.id.lo,
                          c.log.incarnation, c.epoch.value, c.sequence.value, c.cause.value,
                          c.time.ns, c.chain, c.schema_digest, 0, 0};
  record.crc = crc_of(record);
  return record;
}

uint32_t crc_of(const DigestRecord& digest, const Checkpoint& at) {
  return crc32c(digest.bytes(), record_of(at).crc);
}

}  // namespace

std::string to_record(const Checkpoint& c) {
  const StoredCheckpoint record = record_of(c);
  return {reinterpret_cast<const char*>(&record), sizeof record};
}

Result<Checkpoint> checkpoint_of(Bytes bytes) {
  StoredCheckpoint r;
  if (bytes.size() != sizeof r) return stop("rows_rot", "a checkpoint has the wrong length");
  std::memcpy(&r, bytes.data(), sizeof r);
  if (r.crc != crc_of(r)) return stop("rows_rot", "a checkpoint fails its checksum");
  if (r.version != record_version)
    return stop("rows_rot", "a checkpoint is of version " + std::to_string(r.version) +
                                ", this binary knows " + std::to_string(record_version));
  return Checkpoint{.log = {{r.log_hi, r.log_lo}, r.incarnation},
                    .epoch = {r.epoch}, .sequence = {r.sequence}, .cause = {r.cause},
                    .time = {r.time}, .chain = r.chain, .schema_digest = r.schema_digest,
                    .logic_version = r.logic_version};
}

std::string to_digest_record(const Checkpoint& at) {
  if (!at.digest) return {};
  const DigestRecord digest{at.digest->hi, at.digest->lo};
  const uint32_t crc = crc_of(digest, at);
  std::string text(as_text(digest.bytes()));
  return text.append(reinterpret_cast<const char*>(&crc), sizeof crc);
}

std::optional<Hash128> digest_of(Bytes bytes, const Checkpoint& at) {
  DigestRecord digest;
  uint32_t crc = 0;
  if (bytes.size() != sizeof digest + sizeof crc) return std::nullopt;
  std::memcpy(&digest, bytes.data(), sizeof digest);
  std::memcpy(&crc, bytes.data() + sizeof digest, sizeof crc);
  if (crc != crc_of(digest, at)) return std::nullopt;
  return Hash128{digest.hi, digest.lo};
}

}  // namespace spate
