// RequestParser: HTTP/1.1 request framing, strict: what two parsers could read differently is
// refused.
#pragma once
#include "engine/base/bytes.hpp"
#include "engine/edge/limits.hpp"
#include "engine/edge/message.hpp"

namespace spate::edge {

//   request := line header* CRLF body
//   line    := 1*UPPER SP target SP ("HTTP/1.0" | "HTTP/1.1") CRLF
//   target  := origin-form | "http://" authority origin-form | "*"    visible ASCII, no "#"
//   header  := 1*tchar ":" OWS value OWS CRLF          value: no control characters but HTAB
//   body    := Content-Length bytes | chunk* "0" CRLF CRLF            no trailers
//   chunk   := 1*8HEX [";" visible] CRLF bytes CRLF
// Refused: bare CR or LF, obs-fold, space before the colon, not exactly one Host, two
// Content-Lengths or one that is not 1*DIGIT, Transfer-Encoding other than exactly `chunked`, in
// HTTP/1.0, twice, or beside a Content-Length.
class RequestParser {
 public:
  explicit RequestParser(const EdgeLimits& limits) : limits_(limits) {}

  enum class State : uint8_t {
    head,   ///< the headers are not complete yet
    body,   ///< the headers are, the body is not
    done,   ///< `request` is filled, `consumed` bytes belong to it
    fault,  ///< answer `status` and close
  };
  struct Fault {
    int status = 400;
    std::string_view code;
    std::string detail;
  };

  /// `bytes` begin at the request's first byte and grow from call to call; they may have moved.
  State parse(std::string_view bytes);
  /// Forgets the request, for the next one.
  void reset();

  const Fault& fault() const { return fault_; }
  const Request& request() const { return request_; }
  std::size_t consumed() const { return consumed_; }
  /// The client waits for `100 Continue` before it sends the body.
  bool expects_continue() const { return expects_continue_; }
  /// What is still to come of the body when `have` bytes of the request are there; unlimited when
  /// nobody has said.
  std::size_t due_bytes(std::size_t have) const {
    const bool is_known = state_ == State::body && !chunked_;
    return is_known ? head_bytes_ + content_length_ - have : SIZE_MAX - have;
  }
  /// Of its own, beside the bytes it is given.
  std::size_t held_bytes() const { return body_.capacity(); }
  /// The headers are complete, the body is not.
  bool in_body() const { return state_ == State::body; }

 private:
  struct Span {
    uint32_t at, size;
  };
  State fail(int status, std::string_view code, std::string detail);
  State parse_head(std::string_view bytes);
  State request_line(std::string_view line, bool complete);
  State header_line(std::string_view bytes, std::size_t at, std::size_t end);
  State end_of_head(std::string_view bytes);
  State framing();
  State target_form();
  State parse_chunks(std::string_view bytes);
  State chunk_size(std::string_view line);
  State finish(std::string_view bytes, std::size_t end);
  std::string body_limit() const;

  const EdgeLimits& limits_;
  State state_ = State::head;
  Fault fault_;
  Request request_;
  std::vector<std::pair<Span, Span>> header_spans_;
  Span method_{}, target_{};
  std::size_t line_at_ = 0;  ///< where the line begins that is not complete yet
  std::size_t scan_at_ = 0;  ///< everything before is known to hold no line end
  std::size_t head_bytes_ = 0;
  std::size_t content_length_ = 0;
  bool is_batch_ = false;           ///< by its path, whose bytes move while more come
  std::size_t body_bytes_max_ = 0;  ///< likewise
  std::size_t chunk_left_ = 0;
  std::size_t chunk_lines_bytes_ = 0;
  std::size_t consumed_ = 0;
  ByteBuffer body_;  ///< of a chunked request
  bool have_line_ = false;
  bool http10_ = false;
  bool chunked_ = false;
  bool chunk_data_ = false;  ///< inside a chunk's bytes
  bool last_chunk_ = false;
  bool expects_continue_ = false;
};

}  // namespace spate::edge
