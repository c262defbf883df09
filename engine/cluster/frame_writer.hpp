// FrameWriter: how a frame of the links is put around its payload.
#pragma once
#include "engine/base/crc32c.hpp"
#include "engine/cluster/link_protocol.hpp"
#include "engine/cluster/wire.hpp"

namespace spate {

inline tl::unexpected<Fault> broken_link(std::string what) {
  return retry("link_protocol", std::move(what));
}

/// CRC of what the head says and the payload.
inline uint32_t frame_crc(uint32_t bytes, FrameKind kind, Bytes payload) {
  const uint8_t head[5] = {static_cast<uint8_t>(bytes), static_cast<uint8_t>(bytes >> 8),
                           static_cast<uint8_t>(bytes >> 16), static_cast<uint8_t>(bytes >> 24),
                           static_cast<uint8_t>(kind)};
  return crc32c(payload, crc32c(head));
}

/// Writes a frame whose payload `write` appends; its head is filled in behind it.
template <class Write>
void put_frame(FrameKind kind, ByteBuffer& out, Write write) {
  const std::size_t start = out.size();
  std::memset(out.grow(frame_head_bytes), 0, frame_head_bytes);
  WireWriter payload(out);
  write(payload);
  const auto bytes = static_cast<uint32_t>(out.size() - start - frame_head_bytes);
  const Bytes written{out.data() + start + frame_head_bytes, bytes};
  const uint32_t crc = frame_crc(bytes, kind, written);
  const std::size_t pad = aligned_up(bytes, 8) - bytes;
  if (pad > 0) std::memset(out.grow(pad), 0, pad);
  uint8_t* head = out.data() + start;
  for (int i = 0; i < 4; ++i) {
    head[i] = static_cast<uint8_t>(bytes >> (8 * i));
    head[4 + i] = static_cast<uint8_t>(crc >> (8 * i));
  }
  head[8] = static_cast<uint8_t>(kind);
}

}  // namespace spate
