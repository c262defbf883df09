// Laying out view keys.
#include "engine/projector/view_key.hpp"

#include <algorithm>

namespace spate {
namespace {

char* put_u16(uint16_t n, char* at) {
  *at++ = static_cast<char>(n >> 8);
  *at++ = static_cast<char>(n);
  return at;
}
char* put_head(uint16_t domain, uint8_t view, ViewSection section, char* at) {
  at = put_u16(domain, at);
  *at++ = static_cast<char>(view);
  *at++ = static_cast<char>(section);
  return at;
}
/// A stream or key and the zero that ends it.
char* put_part(std::string_view part, char* at) {
  at = std::copy(part.begin(), part.end(), at);
  *at++ = '\0';
  return at;
}

void add_u16(std::string& out, uint16_t n) {
  out += static_cast<char>(n >> 8);
  out += static_cast<char>(n);
}
void add_head(uint16_t domain, uint8_t view, ViewSection section, std::string& out) {
  char head[view_key_head_bytes];
  put_head(domain, view, section, head);
  out.append(head, sizeof head);
}

uint16_t u16_at(std::string_view text, std::size_t at) {
  return static_cast<uint16_t>(static_cast<uint8_t>(text[at]) << 8 |
                               static_cast<uint8_t>(text[at + 1]));
}

KeyRange range_over(std::string prefix) {
  KeyRange range{prefix, std::move(prefix)};
  // Prefixes end with a section or with 0x00: the next byte is the first beyond all that continue
  // it.
  range.to.back() = static_cast<char>(range.to.back() + 1);
  return range;
}

}  // namespace

void view_key(PartitionId partition, ViewScope scope, ViewName name, std::string_view stream,
              std::string& out) {
  const std::size_t streams = scope == ViewScope::gathered ? 0 : stream.size() + 1;
  const std::size_t keys = scope == ViewScope::stream ? 0 : name.key.size() + 1;
  out.resize(view_key_head_bytes + streams + keys + view_key_tail_bytes);
  char* at = put_head(partition.domain, name.view, ViewSection::views, out.data());
  if (streams != 0) at = put_part(stream, at);
  if (keys != 0) at = put_part(name.key, at);
  put_u16(partition.index, at);
}

void newest_key(PartitionId partition, uint8_t view, Instant first, std::string_view stream,
                std::string& out) {
  out.clear();
  add_head(partition.domain, view, ViewSection::newest, out);
  const uint64_t order = ~static_cast<uint64_t>(first.ns);
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(order >> shift);
  out += stream;
  out += '\0';
  add_u16(out, partition.index);
}

bool is_key_text(std::string_view text) { return text.find('\0') == std::string_view::npos; }

PartitionId partition_in(std::string_view key) {
  return {u16_at(key, 0), u16_at(key, key.size() - view_key_tail_bytes)};
}

std::string_view body_in(std::string_view key) {
  return key.substr(view_key_head_bytes,
                    key.size() - view_key_head_bytes - view_key_tail_bytes - 1);
}

KeyRange domain_range(uint16_t domain) {
  ENSURE(domain != domain_reserved);
  KeyRange range;
  add_u16(range.from, domain);
  add_u16(range.to, static_cast<uint16_t>(domain + 1));
  return range;
}

KeyRange section_range(uint16_t domain, uint8_t view, ViewSection section) {
  std::string prefix;
  add_head(domain, view, section, prefix);
  return range_over(std::move(prefix));
}

KeyRange item_range(uint16_t domain, uint8_t view, std::string_view stream) {
  std::string prefix;
  add_head(domain, view, ViewSection::views, prefix);
  prefix += stream;
  prefix += '\0';
  return range_over(std::move(prefix));
}

}  // namespace spate
