// One whole file a note, read back only if its CRC and its names fit.
#include "engine/log/kafka_notes.hpp"

#include <algorithm>

#include "engine/base/crc32c.hpp"

namespace spate {
namespace {

constexpr uint64_t magic = 0x3565746f6e617073;  // "spanote5"

std::string name_of(PartitionId partition, uint64_t generation) {
  return "kafka-" + std::to_string(partition.domain) + "-" + std::to_string(partition.index) +
         (generation % 2 == 0 ? ".0" : ".1");
}

/// Numbers into a buffer and out of it, in the same order.
class Numbers {
 public:
  explicit Numbers(ByteBuffer& buffer) : buffer_(buffer) {}
  template <class T>
  void put(T value) {
    static_assert(sizeof value == sizeof(uint64_t));
    std::memcpy(buffer_.grow(sizeof value), &value, sizeof value);
  }
  /// 0 behind the end.
  template <class T>
  void take(T& value) {
    static_assert(sizeof value == sizeof(uint64_t));
    if (at_ + sizeof value > buffer_.size()) return;
    std::memcpy(&value, buffer_.data() + at_, sizeof value);
    at_ += sizeof value;
  }
  void put(std::string_view text) {
    put(uint64_t{text.size()});
    const std::size_t padded = aligned_up(text.size(), sizeof(uint64_t));
    uint8_t* at = buffer_.grow(padded);
    std::memset(at, 0, padded);
    std::memcpy(at, text.data(), text.size());
  }
  /// False: it ends before.
  bool take(std::string& text) {
    uint64_t size = 0;
    take(size);
    if (size > buffer_.size() - at_) return false;
    text = as_text({buffer_.data() + at_, size});
    at_ = std::min(buffer_.size(), at_ + aligned_up(size, sizeof size));
    return true;
  }
  std::size_t left() const { return (buffer_.size() - at_) / sizeof(uint64_t); }

 private:
  ByteBuffer& buffer_;
  std::size_t at_ = 0;
};

/// What is written and read alike, in the order of the grammar.
template <class Number>
void each_number(FoldedTopic& at, Number number) {
  number(at.next_offset), number(at.epoch.value), number(at.nonce.hi), number(at.nonce.lo);
  number(at.tail.sequence.value), number(at.tail.cause.value), number(at.tail.time.ns);
  number(at.tail.chain), number(at.tail_offset), number(at.passed.value);
}

}  // namespace

std::optional<KafkaResume> KafkaNotes::read(PartitionId partition) {
  auto found = newest(partition);
  if (!found) return std::nullopt;
  generations_[partition] = found->generation;
  return std::move(found->resume);
}

std::optional<KafkaNotes::Noted> KafkaNotes::newest(PartitionId partition) {
  auto even = read_file(partition, 0), odd = read_file(partition, 1);
  if (!even || !odd) return even ? std::move(even) : std::move(odd);
  return even->generation > odd->generation ? std::move(even) : std::move(odd);
}

std::optional<KafkaNotes::Noted> KafkaNotes::read_file(PartitionId partition, uint64_t which) {
  const auto file = storage_.open(name_of(partition, which), OpenMode::read);
  if (!file) return std::nullopt;
  const auto size = (*file)->size();
  if (!size || *size < sizeof(uint64_t)) return std::nullopt;
  ByteBuffer bytes;
  const auto got = (*file)->read(0, {bytes.grow(*size), *size});
  if (!got || *got != *size) return std::nullopt;
  uint64_t crc = 0;
  const std::size_t covered = *size - sizeof crc;
  std::memcpy(&crc, bytes.data() + covered, sizeof crc);
  bytes.resize_down(covered);
  if (crc != crc32c(bytes)) return std::nullopt;

  Numbers numbers(bytes);
  const uint64_t expected[] = {magic,
                               identity_.id.hi,
                               identity_.id.lo,
                               identity_.incarnation,
                               partition.domain,
                               partition.index};
  for (const uint64_t value : expected) {
    uint64_t found = 0;
    numbers.take(found);
    if (found != value) return std::nullopt;
  }
  Noted noted;
  uint64_t voided = 0, runs = 0;
  numbers.take(noted.generation);
  each_number(noted.resume.folded, [&](auto& value) { numbers.take(value); });
  numbers.take(voided);
  numbers.take(runs);
  noted.resume.folded.voided = voided != 0;
  if (runs > numbers.left() / 3) return std::nullopt;
  noted.resume.runs.resize(runs);
  for (OffsetRun& run : noted.resume.runs) {
    numbers.take(run.first.value);
    numbers.take(run.offset);
    numbers.take(run.neighbours);
  }
  if (!numbers.take(noted.resume.folded.address) || numbers.left() != 0) return std::nullopt;
  return noted;
}

Result<void> KafkaNotes::write(PartitionId partition, const KafkaResume& resume) {
  const uint64_t generation = generations_[partition] + 1;
  ByteBuffer bytes;
  Numbers numbers(bytes);
  for (const uint64_t value : {magic, identity_.id.hi, identity_.id.lo, identity_.incarnation,
                               uint64_t{partition.domain}, uint64_t{partition.index}, generation})
    numbers.put(value);
  FoldedTopic folded = resume.folded;
  each_number(folded, [&](auto value) { numbers.put(value); });
  numbers.put(uint64_t{folded.voided});
  numbers.put(uint64_t{resume.runs.size()});
  for (const OffsetRun& run : resume.runs) {
    numbers.put(run.first.value);
    numbers.put(run.offset);
    numbers.put(run.neighbours);
  }
  numbers.put(std::string_view(folded.address));
  numbers.put(uint64_t{crc32c(bytes)});
  const std::string name = name_of(partition, generation);
  auto file = storage_.open(name, OpenMode::write);
  if (!file) file = storage_.open(name, OpenMode::create);
  if (!file) return tl::unexpected<Fault>(file.error());
  TRY((*file)->write(0, bytes));
  TRY((*file)->truncate(bytes.size()));
  generations_[partition] = generation;
  return {};
}

}  // namespace spate
