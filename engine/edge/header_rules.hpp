// What the request headers of the contract mean: keys, preferences, versions, positions, traces.
#pragma once
#include "engine/base/position.hpp"
#include "engine/edge/limits.hpp"
#include "engine/edge/problem.hpp"

namespace spate::edge {

inline constexpr std::string_view key_rule =
    "must be 1 to 255 visible ASCII characters without quote, comma, semicolon or backslash";
/// `"a"` and `a` are the key a. None when the header is absent: the server mints one.
std::optional<Problem> read_idempotency_key(const Request& request,
                                            std::optional<std::string>& key);
/// A UUIDv7 of `now`: sortable by time, unique without asking anybody.
std::string minted_key(Instant now);

struct Preferences {
  bool respond_async = false;
  std::optional<int64_t> wait_ms;  ///< already bounded by the limits
  std::string applied;             ///< value of Preference-Applied; empty when nothing was asked
};
/// RFC 7240: unknown preferences are ignored, a malformed `wait` is a fault.
std::optional<Problem> read_prefer(const Request& request, const EdgeLimits& limits,
                                   Preferences& preferences);

/// `If-Match: "N"` on a command.
std::optional<Problem> read_if_match(const Request& request, std::optional<uint64_t>& version);
/// The strong ETag of a body as sent, quoted.
std::string etag_of(std::string_view body);
/// True when If-None-Match names `etag` (quoted) or is `*`.
bool none_match_hits(const Request& request, std::string_view etag);

/// All `Spate-Position` headers joined; `position.parts` is empty when there is none.
/// 409 `position_unknown` for one of another incarnation.
std::optional<Problem> read_position(const Request& request, uint64_t incarnation,
                                     Position& position);

/// 415, with a curl line that works, unless Content-Type is `wanted` (any parameters) and the body
/// is not encoded.
std::optional<Problem> check_media_type(const Request& request, std::string_view wanted,
                                        std::string_view example);

/// W3C trace context and request id, as they go back to the client.
struct Trace {
  std::string traceparent;  ///< of the client, or a new one if its was malformed; else empty
  std::string request_id;
  /// The trace id within `traceparent`; a fresh one when there is none.
  std::string trace_id() const;
  void write_headers(Response& response) const;
};
Trace read_trace(const Request& request);

}  // namespace spate::edge
