// Request headers by RFC 7240 (Prefer), RFC 9110 (conditions), the IETF draft of Idempotency-Key,
// RFC 9562 (UUIDv7) and W3C Trace Context.
#include "engine/edge/header_rules.hpp"

#include <random>

#include "engine/base/chance.hpp"
#include "engine/base/hash.hpp"
#include "engine/base/text.hpp"
#include "engine/base/traceparent.hpp"
#include "engine/edge/number_text.hpp"

namespace spate::edge {
namespace {

bool is_visible(char c) { return c > 0x20 && c < 0x7f; }

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

/// Takes the part up to `separator` from the front of `rest`; one within quotes separates nothing.
std::string_view next_part(std::string_view& rest, char separator) {
  std::size_t end = 0;
  for (bool is_quoted = false; end < rest.size() && (is_quoted || rest[end] != separator); ++end) {
    if (rest[end] == '"') is_quoted = !is_quoted;
    if (is_quoted && rest[end] == '\\' && end + 1 < rest.size()) ++end;
  }
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return trimmed(part);
}

bool are_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Random, not secret: it only has to differ from every other.
uint64_t random_bits() {
  thread_local std::mt19937_64 engine = [] {
    std::seed_seq seed{chance(), chance(), chance(), chance()};
    return std::mt19937_64(seed);
  }();
  return engine();
}

void append_hex(std::string& out, uint64_t value, int digits) {
  for (int i = digits - 1; i >= 0; --i) out += "0123456789abcdef"[value >> (4 * i) & 15];
}

std::string new_trace_id() {
  std::string id;
  append_hex(id, random_bits(), 16);
  append_hex(id, random_bits() | 1, 16);
  return id;
}

}  // namespace

std::optional<Problem> read_idempotency_key(const Request& request,
                                            std::optional<std::string>& key) {
  const Header* header = request.find("Idempotency-Key");
  if (header == nullptr) return std::nullopt;
  if (request.count("Idempotency-Key") > 1)
    return bad_header("Idempotency-Key", "must be given at most once");
  std::string_view value = header->value;
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
    value = value.substr(1, value.size() - 2);
  if (!is_command_key(value)) return bad_header("Idempotency-Key", std::string(key_rule));
  key = std::string(value);
  return std::nullopt;
}

std::string minted_key(Instant now) {
  const uint64_t ms = static_cast<uint64_t>(now.ns / 1'000'000);
  const uint64_t a = random_bits(), b = random_bits();
  std::string id;
  id.reserve(36);
  append_hex(id, ms >> 16, 8);
  id += '-';
  append_hex(id, ms & 0xffff, 4);
  id += '-';
  append_hex(id, 0x7000 | (a & 0xfff), 4);
  id += '-';
  append_hex(id, 0x8000 | (a >> 12 & 0x3fff), 4);
  id += '-';
  append_hex(id, b & 0xffff'ffff'ffff, 12);
  return id;
}

std::optional<Problem> read_prefer(const Request& request, const EdgeLimits& limits,
                                   Preferences& preferences) {
  for (const Header& h : request.headers) {
    if (!same_name(h.name, "Prefer")) continue;
    for (std::string_view rest = h.value; !rest.empty();) {
      std::string_view item = next_part(rest, ',');
      const std::string_view preference = next_part(item, ';');
      std::string_view value = preference;
      const std::string_view name = next_part(value, '=');
      if (same_name(name, "respond-async")) {
        if (!preferences.respond_async)
          preferences.applied += preferences.applied.empty() ? "respond-async" : ", respond-async";
        preferences.respond_async = true;
      } else if (same_name(name, "wait") && !preferences.wait_ms) {
        value = trimmed(value);
        if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
          value = value.substr(1, value.size() - 2);
        int64_t seconds = limits.wait_ms_max;  // kept by digits beyond 64 bits
        if (!to_number(value, seconds) && !are_digits(value))
          return bad_header("Prefer", "wait must be whole seconds, such as `wait=5`");
        seconds = std::min(seconds, limits.wait_ms_max / 1000);
        preferences.wait_ms = seconds * 1000;
        preferences.applied +=
            (preferences.applied.empty() ? "wait=" : ", wait=") + std::to_string(seconds);
      }
    }
  }
  return std::nullopt;
}

std::optional<Problem> read_if_match(const Request& request, std::optional<uint64_t>& version) {
  const Header* header = request.find("If-Match");
  if (header == nullptr) return std::nullopt;
  constexpr uint64_t version_max = (uint64_t{1} << 53) - 1;  // no view ever shows more
  const std::string_view value = header->value;
  uint64_t number = 0;
  const bool quoted = value.size() > 2 && value.front() == '"' && value.back() == '"';
  const bool is_padded = value.size() > 3 && value[1] == '0';  // an ETag is compared as it stands
  if (request.count("If-Match") > 1 || !quoted || is_padded ||
      !to_number(value.substr(1, value.size() - 2), number) || number > version_max)
    return bad_header("If-Match", "must be the view's version in quotes, such as \"3\"");
  version = number;
  return std::nullopt;
}

std::string etag_of(std::string_view body) {
  const Hash128 hash = xxh3_128(as_bytes(body));
  return '"' + to_hex(CommandId{hash.hi, hash.lo}) + '"';
}

bool none_match_hits(const Request& request, std::string_view etag) {
  for (const Header& h : request.headers) {
    if (!same_name(h.name, "If-None-Match")) continue;
    for (std::string_view rest = h.value; !rest.empty();) {
      std::string_view tag = next_part(rest, ',');
      if (tag == "*") return true;
      if (tag.starts_with("W/")) tag.remove_prefix(2);  // weak comparison, RFC 9110 §13.1.2
      if (tag == etag) return true;
    }
  }
  return false;
}

std::optional<Problem> read_position(const Request& request, uint64_t incarnation,
                                     Position& position) {
  position = {incarnation, {}};
  bool foreign = false;
  for (const Header& h : request.headers) {
    if (!same_name(h.name, "Spate-Position")) continue;
    for (std::string_view rest = h.value; !rest.empty();) {
      Position one;
      if (!from_token(next_part(rest, ','), one))
        return bad_header("Spate-Position",
                          "is no position of ours; send one that an answer carried");
      foreign = foreign || one.incarnation != incarnation;
      for (const auto& [partition, sequence] : one.parts) position.raise(partition, sequence);
    }
    if (h.value.empty()) return bad_header("Spate-Position", "is empty");
  }
  if (!foreign) return std::nullopt;
  return Problem{.status = 409,
                 .code = "position_unknown",
                 .detail = "this position belongs to another life of the log; read without it"};
}

std::optional<Problem> check_media_type(const Request& request, std::string_view wanted,
                                        std::string_view example) {
  if (const Header* coding = request.find("Content-Encoding");
      coding != nullptr && !same_name(coding->value, "identity"))
    return Problem{.status = 415,
                   .code = "unsupported_media_type",
                   .detail = "a body with Content-Encoding: " + std::string(coding->value) +
                             " is not read; send it as it is, without that header"};
  const Header* header = request.find("Content-Type");
  std::string_view rest = header == nullptr ? std::string_view{} : header->value;
  if (request.count("Content-Type") == 1 && same_name(next_part(rest, ';'), wanted))
    return std::nullopt;
  return Problem{.status = 415,
                 .code = "unsupported_media_type",
                 .detail = "Content-Type must be " + std::string(wanted) +
                           ", for example: " + std::string(example)};
}

std::string Trace::trace_id() const {
  return traceparent.empty() ? new_trace_id() : traceparent.substr(3, 32);
}

void Trace::write_headers(Response& response) const {
  if (!traceparent.empty()) response.header("traceparent", traceparent);
  if (!request_id.empty()) response.header("X-Request-Id", request_id);
}

Trace read_trace(const Request& request) {
  Trace trace;
  if (const Header* h = request.find("traceparent")) {
    if (is_traceparent(h->value) && request.count("traceparent") == 1) {
      trace.traceparent = h->value.substr(0, traceparent_bytes);
    } else {
      trace.traceparent = "00-" + new_trace_id() + "-";
      append_hex(trace.traceparent, random_bits() | 1, 16);
      trace.traceparent += "-00";
    }
  }
  if (const Header* h = request.find("X-Request-Id")) {
    bool plain = !h->value.empty() && h->value.size() <= 128;
    for (char c : h->value) plain = plain && is_visible(c);
    if (plain) trace.request_id = h->value;
  }
  return trace;
}

}  // namespace spate::edge
