// Request and Response as plain values: all that the edge above the sockets knows of HTTP.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/ids.hpp"

namespace spate::edge {

struct Header {
  std::string_view name;
  std::string_view value;
};

/// Case-insensitive in ASCII, as header names are compared.
bool same_name(std::string_view a, std::string_view b);

/// Valid while it is handled; whoever answers later copies what it needs.
struct Request {
  std::string_view method;
  std::string_view target;  ///< path and query as sent
  std::string_view path;    ///< not decoded
  std::string_view query;   ///< without the question mark
  std::vector<Header> headers;
  std::string_view body;
  bool keep_alive = true;
  bool is_old = false;  ///< HTTP/1.0: a connection that stays is told so

  bool is_head() const { return method == "HEAD"; }
  /// The first header of that name; null when there is none.
  const Header* find(std::string_view name) const;
  std::size_t count(std::string_view name) const;
};

inline constexpr std::string_view json_type = "application/json";
inline constexpr std::string_view problem_type = "application/problem+json";
inline constexpr std::string_view ndjson_type = "application/x-ndjson";
inline constexpr std::string_view text_type = "text/plain; charset=utf-8";
inline constexpr std::string_view html_type = "text/html; charset=utf-8";

struct Response {
  int status = 200;
  std::string_view type = json_type;  ///< a literal; empty when there is no body at all (304)
  std::string headers;                ///< further lines, each `Name: value\r\n`
  std::string body;
  bool close = false;  ///< the connection ends behind this answer

  /// Requires: no control characters in `value`.
  Response& header(std::string_view name, std::string_view value) {
    headers.append(name).append(": ").append(value).append("\r\n");
    return *this;
  }
};

/// Where answers go: a connection. Lives on one edge thread.
class AnswerSink {
 public:
  virtual ~AnswerSink() = default;
  virtual void answer(uint64_t slot, Response&& response) = 0;
  /// Nobody is there any more to read an answer.
  virtual bool gone() const = 0;
};

/// The way back for one request: call it once.
struct ReplyTo {
  std::shared_ptr<AnswerSink> sink;
  uint64_t slot = 0;
  void operator()(Response&& response) const { sink->answer(slot, std::move(response)); }
};

std::string_view reason_phrase(int status);
/// `Sun, 06 Nov 1994 08:49:37 GMT`: the one form in which servers write dates (RFC 9110 5.6.7).
std::string http_date(Instant at);
/// Appends the response as HTTP/1.1 to `out`. `with_body` false: HEAD. `connection`: the value of
/// that header; empty: none.
void serialise(const Response& response, std::string_view date, bool with_body,
               std::string_view connection, std::string& out);

}  // namespace spate::edge
