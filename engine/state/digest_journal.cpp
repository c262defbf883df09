// The journal's file, little-endian:
//   file  := magic:u64 log_id_hi:u64 log_id_lo:u64 incarnation:u64 point*
//   point := sequence:u64 chain:u64 schema_digest:u64 hi:u64 lo:u64 logic_version:u32 crc:u32
//            CRC32C of what is before it
#include "engine/state/digest_journal.hpp"

#include <algorithm>

#include "engine/base/crc32c.hpp"
#include "engine/state/file.hpp"

namespace spate {
namespace {

constexpr uint64_t journal_magic = 0x32545345474944;  // "DIGEST2"
constexpr uint64_t file_bytes_max = 4 << 20;
constexpr std::size_t kept_close = DigestJournal::points_max / 4;

struct StoredHead {
  uint64_t magic, log_id_hi, log_id_lo, incarnation;
};
static_assert(sizeof(StoredHead) == 32);

StoredHead head_of(const LogIdentity& log) {
  return {journal_magic, log.id.hi, log.id.lo, log.incarnation};
}

LogIdentity log_of(const StoredHead& head) {
  return {{head.log_id_hi, head.log_id_lo}, head.incarnation};
}

struct StoredPoint {
  uint64_t sequence, chain, schema_digest, hi, lo;
  uint32_t logic_version, crc;
};
static_assert(sizeof(StoredPoint) == 48);

uint32_t crc_of(const StoredPoint& record) {
  return crc32c({reinterpret_cast<const uint8_t*>(&record), offsetof(StoredPoint, crc)});
}

StoredPoint record_of(const DigestPoint& p) {
  StoredPoint record{p.sequence.value, p.chain, p.schema_digest, p.digest.hi, p.digest.lo,
                p.logic_version, 0};
  record.crc = crc_of(record);
  return record;
}

template <class T>
Bytes bytes_of(const T& value) {
  return {reinterpret_cast<const uint8_t*>(&value), sizeof value};
}

Result<std::string> content_of(const std::string& path) {
  TRY(const state::File file, state::File::open(path));
  TRY(const uint64_t size, file.size());
  std::string content(std::min(size, file_bytes_max), '\0');
  TRY(file.read(0, {reinterpret_cast<uint8_t*>(content.data()), content.size()}));
  return content;
}

bool is_before(const DigestPoint& point, Sequence sequence) { return point.sequence < sequence; }

}  // namespace

DigestPoint point_of(const Checkpoint& at) {
  ENSURE(at.digest);
  return {at.sequence, at.chain, at.schema_digest, at.logic_version, *at.digest};
}

std::string DigestJournal::open() {
  const std::lock_guard lock(mutex_);
  points_.clear();
  in_file_ = 0;
  is_behind_ = true;
  if (path_.empty()) return {};
  const Result<std::string> content = content_of(path_);
  if (!content) return content.error().code == "file_missing" ? "" : content.error().detail;
  StoredHead head{};
  if (content->size() >= sizeof head) std::memcpy(&head, content->data(), sizeof head);
  if (head.magic != journal_magic) return path_ + " is no journal of digests: begun anew";
  if (log_of(head) != log_) return {};
  std::size_t damaged = 0, behind_damage = 0;
  StoredPoint record;
  for (std::size_t at = sizeof head; at + sizeof record <= content->size(); at += sizeof record) {
    std::memcpy(&record, content->data() + at, sizeof record);
    if (record.crc != crc_of(record)) {
      ++damaged;
      continue;
    }
    behind_damage = damaged;  // what is damaged at the end is what a crash left
    points_.push_back({{record.sequence}, record.chain, record.schema_digest,
                       record.logic_version, {record.hi, record.lo}});
  }
  in_file_ = points_.size();
  is_behind_ = damaged > 0 || (content->size() - sizeof head) % sizeof record != 0;
  std::stable_sort(points_.begin(), points_.end(), [](const DigestPoint& a, const DigestPoint& b) {
    return a.sequence < b.sequence;
  });
  if (behind_damage == 0) return {};
  return path_ + ": " + std::to_string(behind_damage) +
         " recorded digests fail their checksum and are not used; see to the disk";
}

std::vector<DigestPoint> DigestJournal::points(Sequence after, uint64_t schema_digest,
                                               uint32_t logic_version) const {
  const DigestPoint code{{}, 0, schema_digest, logic_version, {}};
  const std::lock_guard lock(mutex_);
  std::vector<DigestPoint> found;
  for (const DigestPoint& point : points_)
    if (point.sequence > after && point.is_of_same_code(code)) found.push_back(point);
  return found;
}

Result<void> DigestJournal::check(const DigestPoint& point) const {
  auto at = std::lower_bound(points_.begin(), points_.end(), point.sequence, is_before);
  for (; at != points_.end() && at->sequence == point.sequence; ++at)
    if (at->is_of_same_code(point) && at->chain == point.chain && at->digest != point.digest)
      return stop("state_differs",
                  path_ + " recorded another digest at outcome " +
                      std::to_string(point.sequence.value) +
                      " than is folded now: what is stored is damaged, or its code depends on more "
                      "than the log, or changed without a new version. `spate replay verify` names "
                      "what differs; to go on with what the log says, remove this file and the "
                      "directory of what it speaks of");
  return {};
}

Result<void> DigestJournal::compare(const Checkpoint& at) const {
  if (!at.digest) return {};
  const std::lock_guard lock(mutex_);
  return check(point_of(at));
}

Result<void> DigestJournal::add(const Checkpoint& at) {
  if (!at.digest) return {};
  const DigestPoint point = point_of(at);
  const std::lock_guard lock(mutex_);
  TRY(check(point));
  const bool others = std::erase_if(points_, [&](const DigestPoint& old) {
    return !old.is_of_same_code(point) ||
           (old.sequence == point.sequence && old.chain != point.chain);
  }) > 0;
  const auto place = std::lower_bound(points_.begin(), points_.end(), point.sequence, is_before);
  if (place != points_.end() && place->sequence == point.sequence) return {};
  points_.insert(place, point);
  is_behind_ |= others;
  if (points_.size() > points_max) thin();
  if (path_.empty()) return {};
  // A full or failing disk takes a witness away, nothing else; the next point tries again.
  is_behind_ = !(is_behind_ ? rewrite() : append(point));
  return {};
}

void DigestJournal::thin() {
  const std::size_t older = points_.size() - kept_close;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < points_.size(); ++i)
    if (i >= older || i % 2 == 0) points_[kept++] = points_[i];
  points_.resize(kept);
  is_behind_ = true;
}

Result<void> DigestJournal::append(const DigestPoint& point) {
  TRY(state::File file, state::File::open_to_write(path_));
  const uint64_t end = sizeof(StoredHead) + in_file_ * sizeof(StoredPoint);
  TRY(file.write(end, bytes_of(record_of(point))));
  ++in_file_;
  return {};
}

Result<void> DigestJournal::rewrite() {
  const std::string draft = path_ + ".draft";
  const std::size_t folder = path_.find_last_of('/');
  if (folder != std::string::npos) TRY(state::make_directory(path_.substr(0, folder)));
  TRY(state::File file, state::File::create(draft));
  std::vector<StoredPoint> records;
  for (const DigestPoint& point : points_) records.push_back(record_of(point));
  TRY(file.write(0, bytes_of(head_of(log_))));
  TRY(file.write(sizeof(StoredHead), {reinterpret_cast<const uint8_t*>(records.data()),
                                      records.size() * sizeof(StoredPoint)}));
  TRY(state::publish(file, draft, path_));
  in_file_ = points_.size();
  return {};
}

}  // namespace spate
