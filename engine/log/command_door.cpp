// Keeping a foreign record whole, so that a dead letter can say what came.
#include "engine/log/command_door.hpp"

#include "engine/base/hash.hpp"
#include "engine/base/text.hpp"
#include "schemas/envelope_generated.h"

namespace spate {
namespace {

constexpr std::size_t stream_bytes_max = ident_bytes_max;
constexpr std::string_view no_stream = "-";

auto vector_of(flatbuffers::FlatBufferBuilder& builder, Bytes bytes) {
  return builder.CreateVector(bytes.data(), bytes.size());
}

flatbuffers::Offset<envelope::RawRecord> raw_record(flatbuffers::FlatBufferBuilder& builder,
                                                    const KafkaRecord& record) {
  std::vector<flatbuffers::Offset<envelope::RawHeader>> headers;
  for (const KafkaHeader& header : record.headers) {
    const auto name = vector_of(builder, as_bytes(header.name));
    headers.push_back(envelope::CreateRawHeader(builder, name, vector_of(builder, header.value)));
  }
  const auto listed = builder.CreateVector(headers);
  const auto key = vector_of(builder, record.key);
  const auto value = vector_of(builder, record.value);
  return envelope::CreateRawRecord(builder, record.offset, record.timestamp_ms, key, value, listed,
                         record.value.data() == nullptr);
}

}  // namespace

Bytes header_of(const KafkaRecord& record, std::string_view name) {
  for (const KafkaHeader& header : record.headers)
    if (header.name == name) return header.value;
  return {};
}

void raw_command(PartitionId partition, const KafkaRecord& record, ByteBuffer& command) {
  flatbuffers::FlatBufferBuilder raw;
  raw.Finish(raw_record(raw, record));
  const std::string_view key = as_text(record.key);
  const bool named = key.size() <= stream_bytes_max && is_ident(key);
  const uint64_t place[2] = {partition.packed(), static_cast<uint64_t>(record.offset)};
  const Hash128 id = xxh3_128({reinterpret_cast<const uint8_t*>(place), sizeof place});
  const envelope::Id command_id(id.hi, id.lo);

  flatbuffers::FlatBufferBuilder builder;
  const auto stream = builder.CreateString(std::string(named ? key : no_stream));
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
