// CRC32C: SSE4.2 eight bytes at a time, else slicing by eight (Kounavis and Berry, 2005).
#include "engine/base/crc32c.hpp"

#include <array>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace spate {
namespace {

constexpr uint32_t polynomial = 0x82f63b78;  // reflected 0x1EDC6F41
using Tables = std::array<std::array<uint32_t, 256>, 8>;

constexpr Tables make_tables() {
  Tables t{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? polynomial : 0);
    t[0][i] = crc;
  }
  for (uint32_t i = 0; i < 256; ++i)
    for (int k = 1; k < 8; ++k) t[k][i] = t[k - 1][i] >> 8 ^ t[0][t[k - 1][i] & 255];
  return t;
}
constexpr Tables tables = make_tables();

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) uint32_t crc32c_hardware(Bytes bytes, uint32_t crc) {
  const uint8_t* p = bytes.data();
  std::size_t n = bytes.size();
  uint64_t state = ~crc;
  for (; n >= 8; p += 8, n -= 8) {
    uint64_t word;
    std::memcpy(&word, p, 8);
    state = _mm_crc32_u64(state, word);
  }
  auto tail = static_cast<uint32_t>(state);
  for (; n > 0; ++p, --n) tail = _mm_crc32_u8(tail, *p);
  return ~tail;
}
const bool hardware = __builtin_cpu_supports("sse4.2");
#else
uint32_t crc32c_hardware(Bytes bytes, uint32_t crc) { return crc32c_software(bytes, crc); }
const bool hardware = false;
#endif

}  // namespace

uint32_t crc32c_software(Bytes bytes, uint32_t crc) {
  const uint8_t* p = bytes.data();
  std::size_t n = bytes.size();
  crc = ~crc;
  for (; n >= 8; p += 8, n -= 8) {
    uint64_t word;
    std::memcpy(&word, p, 8);
    word ^= crc;
    crc = 0;
    for (int k = 0; k < 8; ++k) crc ^= tables[7 - k][word >> (8 * k) & 255];
  }
  for (; n > 0; ++p, --n) crc = crc >> 8 ^ tables[0][(crc ^ *p) & 255];
  return ~crc;
}

uint32_t crc32c(Bytes bytes, uint32_t crc) {
  return hardware ? crc32c_hardware(bytes, crc) : crc32c_software(bytes, crc);
}

bool crc32c_is_hardware() { return hardware; }

}  // namespace spate
