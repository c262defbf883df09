// Request framing; the grammar is in the header.
#include "engine/edge/request_parser.hpp"

#include <array>
#include <charconv>
#include <cstring>

#include "engine/edge/held_bytes.hpp"

namespace spate::edge {
namespace {

constexpr std::size_t method_bytes_max = 16;
constexpr std::size_t kept_body_bytes_max = 4 << 10;  // between two requests
constexpr std::size_t chunk_line_bytes_max = 256;
constexpr std::size_t chunk_lines_bytes_max = 64 << 10;  // extensions and sizes of one body

constexpr std::array<bool, 256> token_table() {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[c] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[c] = table[c - 32] = true;
  for (char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<unsigned char>(c)] = true;
  return table;
}
constexpr std::array<bool, 256> token_char = token_table();

bool is_token(std::string_view s) {
  for (char c : s)
    if (!token_char[static_cast<unsigned char>(c)]) return false;
  return !s.empty();
}
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_visible(char c) { return c > 0x20 && c < 0x7f; }
bool is_space(char c) { return c == ' ' || c == '\t'; }
bool is_value_char(char c) {
  return (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) || c == '\t';
}

/// Whether a comma-separated list names `element`.
bool has_element(std::string_view list, std::string_view element) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    std::string_view item = list.substr(0, end);
    while (!item.empty() && is_space(item.front())) item.remove_prefix(1);
    while (!item.empty() && is_space(item.back())) item.remove_suffix(1);
    if (same_name(item, element)) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

std::string_view authority_of(std::string_view target) {
  target.remove_prefix(std::string_view("http://").size());
  return target.substr(0, target.find_first_of("/?"));
}

}  // namespace

void RequestParser::reset() {
  state_ = State::head;
  header_spans_.clear();
  line_at_ = scan_at_ = head_bytes_ = content_length_ = consumed_ = 0;
  chunk_left_ = chunk_lines_bytes_ = 0;
  if (body_.capacity() > kept_body_bytes_max) body_ = {};
  body_.clear();
  have_line_ = http10_ = chunked_ = chunk_data_ = last_chunk_ = expects_continue_ = false;
}

RequestParser::State RequestParser::fail(int status, std::string_view code, std::string detail) {
  fault_ = {status, code, std::move(detail)};
  return state_ = State::fault;
}

RequestParser::State RequestParser::parse(std::string_view bytes) {
  if (state_ == State::head) parse_head(bytes);
  if (state_ != State::body) return state_;
  if (chunked_) return parse_chunks(bytes);
  const std::size_t end = head_bytes_ + content_length_;
  return bytes.size() < end ? state_ : finish(bytes, end);
}

RequestParser::State RequestParser::parse_head(std::string_view bytes) {
  while (state_ == State::head && line_at_ < bytes.size()) {
    const void* found = std::memchr(bytes.data() + scan_at_, '\n', bytes.size() - scan_at_);
    if (found == nullptr) {
      scan_at_ = bytes.size();
      break;
    }
    const auto end = static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
    if (end + 1 > limits_.head_bytes_max) break;
    if (end == line_at_ || bytes[end - 1] != '\r')
      return fail(400, "malformed_request", "a line ends with a bare LF; lines end with CRLF");
    const std::size_t at = line_at_;
    line_at_ = scan_at_ = end + 1;
    if (!have_line_)
      request_line(bytes.substr(at, end - 1 - at), true);
    else if (end - 1 == at)
      return end_of_head(bytes);
    else
      header_line(bytes, at, end - 1);
  }
  if (state_ != State::head) return state_;
  if (!have_line_) request_line(bytes, false);
  if (state_ == State::head && bytes.size() > limits_.head_bytes_max)
    return have_line_ ? fail(431, "headers_too_large",
                             "request line and headers exceed http.head_max of " +
                                 std::to_string(limits_.head_bytes_max) + " bytes")
                      : fail(414, "uri_too_long",
                             "the request line exceeds http.head_max of " +
                                 std::to_string(limits_.head_bytes_max) + " bytes");
  return state_;
}

/// By the name of its setting.
std::string RequestParser::body_limit() const {
  return (is_batch_ ? "http.batch_max of " : "http.body_max of ") +
         std::to_string(body_bytes_max_) + " bytes";
}

/// An incomplete line is only looked at for what can never become a request.
RequestParser::State RequestParser::request_line(std::string_view line, bool complete) {
  std::size_t end = 0;
  while (end < line.size() && is_upper(line[end]) && end <= method_bytes_max) ++end;
  const bool cut_short = !complete && end == line.size() && end <= method_bytes_max;
  if (cut_short) return state_;
  if (end == 0 || end > method_bytes_max || end >= line.size() || line[end] != ' ')
    return fail(400, "malformed_request",
                "this is no HTTP/1.1 request: it must begin with a method in capitals and a space "
                "(is this TLS or HTTP/2? This port speaks plain HTTP/1.1)");
  if (!complete) return state_;
  have_line_ = true;
  method_ = {0, static_cast<uint32_t>(end)};
  const std::size_t target_at = end + 1;
  std::size_t target_end = target_at;
  while (target_end < line.size() && is_visible(line[target_end]) && line[target_end] != '#')
    ++target_end;
  target_ = {static_cast<uint32_t>(target_at), static_cast<uint32_t>(target_end - target_at)};
  if (target_end == target_at || target_end >= line.size() || line[target_end] != ' ')
    return fail(400, "malformed_request",
                "the request target must be visible ASCII without '#' between single spaces; "
                "percent-encode everything else");
  const std::string_view version = line.substr(target_end + 1);
  if (version == "HTTP/1.1") return state_;
  http10_ = version == "HTTP/1.0";
  if (http10_) return state_;
  if (version.size() == 8 && version.starts_with("HTTP/") && is_digit(version[5]) &&
      version[6] == '.' && is_digit(version[7]))
    return fail(505, "http_version_not_supported", "this server speaks HTTP/1.1 and HTTP/1.0");
  return fail(400, "malformed_request", "the request line must end with HTTP/1.1");
}

RequestParser::State RequestParser::header_line(std::string_view bytes, std::size_t at,
                                                std::size_t end) {
  const std::string_view line = bytes.substr(at, end - at);
  if (is_space(line.front()))
    return fail(400, "malformed_request", "a header line begins with white space (folded header)");
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon)))
    return fail(400, "malformed_request",
                "a header line must be `Name: value`, without white space before the colon");
  std::size_t from = colon + 1, to = line.size();
  while (from < to && is_space(line[from])) ++from;
  while (to > from && is_space(line[to - 1])) --to;
  for (std::size_t i = from; i < to; ++i)
    if (!is_value_char(line[i]))
      return fail(400, "malformed_request", "a header value contains a control character");
  if (header_spans_.size() >= limits_.headers_count_max)
    return fail(
        431, "headers_too_large",
        "more than http.headers_max of " + std::to_string(limits_.headers_count_max) + " headers");
  header_spans_.push_back({{static_cast<uint32_t>(at), static_cast<uint32_t>(colon)},
                           {static_cast<uint32_t>(at + from), static_cast<uint32_t>(to - from)}});
  return state_;
}

RequestParser::State RequestParser::end_of_head(std::string_view bytes) {
  head_bytes_ = line_at_;
  const auto view = [&](Span s) { return bytes.substr(s.at, s.size); };
  request_.headers.clear();
  for (const auto& [name, value] : header_spans_)
    request_.headers.push_back({view(name), view(value)});
  request_.method = view(method_);
  request_.target = view(target_);
  request_.keep_alive = !http10_;
  request_.is_old = http10_;
  state_ = State::body;
  if (framing() == State::fault) return state_;
  if (target_form() == State::fault) return state_;
  is_batch_ = request_.path == "/v1/batch";
  body_bytes_max_ = is_batch_ ? limits_.batch_bytes_max : limits_.body_bytes_max;
  if (content_length_ > body_bytes_max_)
    return fail(
        413, "payload_too_large",
        "the body of " + std::to_string(content_length_) + " bytes exceeds " + body_limit());
  return state_;
}

RequestParser::State RequestParser::framing() {
  std::size_t hosts = 0, lengths = 0, encodings = 0;
  bool closes = false;
  for (const Header& h : request_.headers) {
    if (same_name(h.name, "Host")) {
      if (++hosts > 1 || h.value.find_first_of(" \t,/@?#") != std::string_view::npos)
        return fail(400, "malformed_request",
                    "there must be exactly one Host header, a host[:port]");
    } else if (same_name(h.name, "Content-Length")) {
      const char* end = h.value.data() + h.value.size();
      const auto read = std::from_chars(h.value.data(), end, content_length_);
      if (++lengths > 1 || h.value.empty() || !is_digit(h.value.front()) || read.ptr != end)
        return fail(400, "malformed_request",
                    "Content-Length must be given once and be digits alone");
      if (read.ec != std::errc{}) content_length_ = SIZE_MAX / 2;  // digits beyond 64 bits
    } else if (same_name(h.name, "Transfer-Encoding")) {
      if (++encodings > 1 || h.value != "chunked" || http10_)
        return fail(400, "malformed_request",
                    "Transfer-Encoding must be exactly `chunked`, once, in HTTP/1.1");
      chunked_ = true;
    } else if (same_name(h.name, "Connection")) {
      closes = closes || has_element(h.value, "close");
      if (has_element(h.value, "keep-alive")) request_.keep_alive = true;
    } else if (same_name(h.name, "Expect")) {
      if (!same_name(h.value, "100-continue"))
        return fail(417, "expectation_failed", "only `Expect: 100-continue` is understood");
      expects_continue_ = !http10_;
    }
  }
  if (closes) request_.keep_alive = false;
  if (hosts != 1) return fail(400, "malformed_request", "there must be exactly one Host header");
  if (chunked_ && lengths > 0)
    return fail(400, "malformed_request",
                "Content-Length and Transfer-Encoding exclude each other");
  return state_;
}

RequestParser::State RequestParser::target_form() {
  std::string_view target = request_.target;
  if (target.starts_with("http://")) {
    const std::string_view authority = authority_of(target);
    if (!same_name(authority, request_.find("Host")->value))
      return fail(400, "malformed_request", "the target's authority and Host differ");
    target.remove_prefix(std::string_view("http://").size() + authority.size());
    if (target.empty()) target = "/";
  }
  if (target.front() != '/' && !(target == "*" && request_.method == "OPTIONS"))
    return fail(400, "malformed_request", "the request target must begin with '/'");
  const std::size_t mark = target.find('?');
  request_.target = target;
  request_.path = target.substr(0, mark);
  request_.query = mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
  return state_;
}

/// Takes whole lines and whatever there is of a chunk's bytes; `consumed_` remembers how far.
RequestParser::State RequestParser::parse_chunks(std::string_view bytes) {
  if (consumed_ == 0) consumed_ = head_bytes_;
  while (consumed_ < bytes.size()) {
    if (chunk_data_ && chunk_left_ > 0) {
      const std::size_t n = std::min(chunk_left_, bytes.size() - consumed_);
      if (body_.size() + n > body_.capacity())
        body_.reserve(std::max(body_.size() + n, grown_capacity(body_.capacity())));
      body_.append(as_bytes(bytes.substr(consumed_, n)));
      consumed_ += n;
      chunk_left_ -= n;
      continue;
    }
    const std::string_view rest = bytes.substr(consumed_);
    const std::size_t lf = rest.find('\n');
    if (lf == std::string_view::npos) {
      const std::size_t longest = chunk_data_ || last_chunk_ ? 1 : chunk_line_bytes_max;
      if (rest.size() > longest || (longest == 1 && rest.front() != '\r'))
        return fail(400, "malformed_request",
                    last_chunk_ ? "trailers are not accepted" : "a chunk's framing is broken");
      return state_;
    }
    if (lf == 0 || rest[lf - 1] != '\r' || lf > chunk_line_bytes_max)
      return fail(400, "malformed_request", "a chunk's lines must end with CRLF");
    const std::string_view line = rest.substr(0, lf - 1);
    consumed_ += lf + 1;
    if (last_chunk_) {
      if (!line.empty()) return fail(400, "malformed_request", "trailers are not accepted");
      return finish(bytes, consumed_);
    }
    if (chunk_data_) {
      if (!line.empty())
        return fail(400, "malformed_request", "a chunk is longer than its size says");
      chunk_data_ = false;
      continue;
    }
    if (chunk_size(line) == State::fault) return state_;
  }
  return state_;
}

RequestParser::State RequestParser::chunk_size(std::string_view line) {
  chunk_lines_bytes_ += line.size();
  const std::size_t digits = line.find(';');
  const std::string_view hex = line.substr(0, digits);
  const auto read = std::from_chars(hex.data(), hex.data() + hex.size(), chunk_left_, 16);
  bool good = !hex.empty() && hex.size() <= 8 && hex.front() != '-' && read.ec == std::errc{} &&
              read.ptr == hex.data() + hex.size() && chunk_lines_bytes_ <= chunk_lines_bytes_max;
  for (std::size_t i = hex.size(); i < line.size(); ++i) good = good && is_value_char(line[i]);
  if (!good) return fail(400, "malformed_request", "a chunk's size must be 1 to 8 hex digits");
  if (body_.size() + chunk_left_ > body_bytes_max_)
    return fail(413, "payload_too_large",
                "the chunked body exceeds " + body_limit());
  last_chunk_ = chunk_left_ == 0;
  chunk_data_ = !last_chunk_;
  return state_;
}

RequestParser::State RequestParser::finish(std::string_view bytes, std::size_t end) {
  // The bytes may have moved since the headers were read.
  const auto view = [&](Span s) { return bytes.substr(s.at, s.size); };
  for (std::size_t i = 0; i < header_spans_.size(); ++i)
    request_.headers[i] = {view(header_spans_[i].first), view(header_spans_[i].second)};
  request_.method = view(method_);
  request_.target = view(target_);
  target_form();
  request_.body = chunked_ ? as_text(body_) : bytes.substr(head_bytes_, content_length_);
  consumed_ = end;
  return state_ = State::done;
}

}  // namespace spate::edge
