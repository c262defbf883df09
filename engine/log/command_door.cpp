// Keeping a foreign record, so that a dead letter can say what came.
#include "engine/log/command_door.hpp"

#include <algorithm>

#include "engine/base/hash.hpp"
#include "engine/base/text.hpp"
#include "schemas/envelope_generated.h"

namespace spate {
namespace {

constexpr std::string_view no_stream = "-";
/// Of both tables, their vtables and the fields that are always there.
constexpr std::size_t frame_bytes = 320;
/// Of a vector beside its bytes: length, offset, padding.
constexpr std::size_t vector_bytes = 16;

/// Hands out what `bytes_max` leaves.
class Room {
 public:
  explicit Room(std::size_t bytes) : left_(bytes) {}
  void take(std::size_t bytes) { left_ -= std::min(bytes, left_); }
  /// The beginning of `bytes`, not more than a `share`-th of what is left.
  Bytes prefix(Bytes bytes, std::size_t share) {
    const Bytes kept = bytes.first(std::min(bytes.size(), left_ / share));
    take(kept.size() + vector_bytes);
    return kept;
  }
  bool has(std::size_t bytes) const { return bytes <= left_; }

 private:
  std::size_t left_;
};

/// What is kept of a record: the key and the headers tell more about it than the value's end does.
struct Kept {
  Bytes key, value;
  std::span<const KafkaHeader> headers;
  std::string_view reason;
};

Kept kept_of(const KafkaRecord& record, std::string_view reason, std::size_t bytes_max) {
  Room room(bytes_max);
  room.take(frame_bytes + ident_bytes_max);
  Kept kept;
  kept.reason = reason;
  room.take(reason.size() + vector_bytes);
  kept.key = room.prefix(record.key, 4);
  Room for_headers = room;
  std::size_t count = 0, taken = 0;
  for (const KafkaHeader& header : record.headers) {
    const std::size_t bytes = header.name.size() + header.value.size() + 3 * vector_bytes;
    if (!for_headers.has(2 * bytes)) break;
    for_headers.take(2 * bytes);
    taken += bytes;
    ++count;
  }
  room.take(taken);
  kept.headers = record.headers.first(count);
  kept.value = room.prefix(record.value, 1);
  return kept;
}

auto vector_of(flatbuffers::FlatBufferBuilder& builder, Bytes bytes) {
  return builder.CreateVector(bytes.data(), bytes.size());
}

void build_raw_record(flatbuffers::FlatBufferBuilder& builder, const KafkaRecord& record,
                      const Kept& kept) {
  std::vector<flatbuffers::Offset<envelope::RawHeader>> headers;
  for (const KafkaHeader& header : kept.headers) {
    const auto name = vector_of(builder, as_bytes(header.name));
    headers.push_back(envelope::CreateRawHeader(builder, name, vector_of(builder, header.value)));
  }
  const auto listed = builder.CreateVector(headers);
  const auto key = vector_of(builder, kept.key);
  const auto value = vector_of(builder, kept.value);
  const auto reason = builder.CreateString(kept.reason.data(), kept.reason.size());
  builder.Finish(envelope::CreateRawRecord(
      builder, record.offset, record.timestamp_ms, key, value, listed,
      record.value.data() == nullptr, reason, record.key.size(), record.value.size(),
      static_cast<uint32_t>(record.headers.size())));
}

}  // namespace

Bytes header_of(const KafkaRecord& record, std::string_view name) {
  for (const KafkaHeader& header : record.headers)
    if (header.name == name) return header.value;
  return {};
}

const envelope::Command* envelope_in(const KafkaRecord& record, Bytes aligned) {
  if (aligned.empty()) return nullptr;
  flatbuffers::Verifier verifier(aligned.data(), aligned.size());
  if (!verifier.VerifyBuffer<envelope::Command>(nullptr)) return nullptr;
  const auto* command = flatbuffers::GetRoot<envelope::Command>(aligned.data());
  if (command->id() == nullptr || command->stream() == nullptr) return nullptr;
  if (command->codec() != envelope::Codec::flatbuffers) return nullptr;
  if (command->stream()->size() == 0 || command->stream()->string_view() != as_text(record.key))
    return nullptr;
  return command;
}

void raw_command(PartitionId partition, const KafkaRecord& record, std::string_view reason,
                 std::size_t bytes_max, ByteBuffer& command) {
  flatbuffers::FlatBufferBuilder raw;
  build_raw_record(raw, record, kept_of(record, reason, bytes_max));
  const std::string_view key = as_text(record.key);
  const std::string_view stream_name = is_ident(key) ? key : no_stream;
  const uint64_t place[2] = {partition.packed(), static_cast<uint64_t>(record.offset)};
  const Hash128 id = xxh3_128({reinterpret_cast<const uint8_t*>(place), sizeof place});
  const envelope::Id command_id(id.hi, id.lo);

  flatbuffers::FlatBufferBuilder builder;
  const auto stream = builder.CreateString(stream_name.data(), stream_name.size());
  builder.ForceVectorAlignment(raw.GetSize(), 1, 8);
  const auto payload = vector_of(builder, {raw.GetBufferPointer(), raw.GetSize()});
  envelope::CommandBuilder built(builder);
  built.add_codec(envelope::Codec::raw);
  built.add_id(&command_id);
  built.add_fingerprint(xxh3_64({raw.GetBufferPointer(), raw.GetSize()}));
  built.add_stream(stream);
  built.add_payload(payload);
  builder.Finish(built.Finish());
  command.append({builder.GetBufferPointer(), builder.GetSize()});
}

}  // namespace spate
