// One connection: read, parse, answer in order, linger, close.
#include "engine/edge/session.hpp"

#include "engine/edge/loop.hpp"

namespace spate::edge {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t first_read_bytes = 2 << 10;  // what every connection has: enough for most
constexpr std::size_t kept_bytes_max = 64 << 10;   // a larger buffer is given back between requests
constexpr std::string_view continue_line = "HTTP/1.1 100 Continue\r\n\r\n";

std::size_t bytes_of(const Response& response) {
  return response.headers.size() + response.body.size();
}

}  // namespace

Session::Session(Loop& loop, asio::ip::tcp::socket socket, bool spare)
    : is_spare(spare), loop_(loop), socket_(std::move(socket)), parser_(loop.limits()) {}

Session::~Session() { loop_.held().change(held_bytes_, 0); }

void Session::start() {
  error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
  quiet_since_ms_ = loop_.now_ms();
  read();
}

std::string_view Session::unread() const {
  return as_text(Bytes{in_.data() + in_begin_, in_.size() - in_begin_});
}

void Session::read() {
  if (reading_ || closed_ || last_request_) return;
  if (in_begin_ > 0 && in_begin_ < in_.size()) {
    std::memmove(in_.data(), in_.data() + in_begin_, in_.size() - in_begin_);
  }
  in_.resize_down(in_.size() - in_begin_);
  in_begin_ = 0;
  if (!has_room()) return;
  const std::size_t room = in_.capacity() - in_.size();
  uint8_t* at = in_.grow(room);
  in_.resize_down(in_.size() - room);
  reading_ = true;
  socket_.async_read_some(asio::buffer(at, room),
                          std::bind_front(&Session::on_read, shared_from_this()));
}

/// Room grows with what has arrived, not with what was announced.
bool Session::has_room() {
  const std::size_t room = in_.capacity() - in_.size(), due = parser_.due_bytes(in_.size());
  if (room >= std::min(due, first_read_bytes / 2)) return true;
  if (in_.empty() || loop_.held().may_receive()) {
    in_.reserve(std::max(in_.size() + first_read_bytes,
                         std::min(in_.size() + due, grown_capacity(in_.size()))));
    account();
    return true;
  }
  refuse(unavailable("overloaded", "this server holds as much for its clients as it may",
                     unread().starts_with("POST ") ? "no" : ""));
  in_ = {};
  account();
  return false;
}

/// What is kept for the next request, or for none.
void Session::give_back() {
  const std::size_t kept = loop_.held().is_tight() ? 0 : kept_bytes_max;
  if (out_.empty() && out_.capacity() > kept) free_buffer(out_);
  if (sending_.empty() && sending_.capacity() > kept) free_buffer(sending_);
  if (!reading_ && in_.empty() && in_.capacity() > std::max(kept, first_read_bytes)) in_ = {};
  account();
}

void Session::account() {
  const std::size_t in = in_.capacity() + parser_.held_bytes();
  const std::size_t now = std::max(in, first_read_bytes) - first_read_bytes + waiting_bytes_ +
                          out_.capacity() + sending_.capacity();
  loop_.held().change(std::exchange(held_bytes_, now), now);
}

void Session::on_read(const error_code& error, std::size_t bytes) {
  reading_ = false;
  if (closed_) return;
  if (linger_until_ms_ != 0) return error ? close() : read_and_forget();
  if (error == asio::error::operation_aborted) return close_unless_more_came();
  if (error) {
    last_request_ = true;
    if (error != asio::error::eof || (slots_.empty() && out_.empty() && sending_.empty())) close();
  } else {
    in_.grow(bytes);
    process();
  }
  loop_.settle();
}

void Session::resume() {
  if (!closed_ && !reading_) process();  // an answer that was sent let it go on before
}

bool Session::may_take() {
  if (last_request_ || slots_.size() >= loop_.limits().pipeline_requests_max ||
      unsent_bytes() > loop_.limits().unsent_bytes_max)
    return false;
  // Who watches the server must not wait for what it is busy with.
  if (is_spare || loop_.desk().has_credit() || may_begin_probe(unread())) return true;
  loop_.wait_for_credit(*this);
  return false;
}

bool Session::is_whole_probe(RequestParser::State state) const {
  return state == RequestParser::State::done && is_probe(parser_.request().path);
}

void Session::process() {
  ENSURE(!reading_);  // a read under way owns the end of the buffer
  while (!unread().empty() && may_take()) {
    if (request_since_ms_ == 0) request_since_ms_ = loop_.now_ms();
    const auto state = parser_.parse(unread());
    if (state == RequestParser::State::fault) {
      const RequestParser::Fault& fault = parser_.fault();
      return refuse(fault.status, fault.code, fault.detail);
    }
    if (is_spare && state != RequestParser::State::head && !is_whole_probe(state))
      return refuse_spare();
    if (state != RequestParser::State::done) {
      if (state == RequestParser::State::body && parser_.expects_continue() && !continued_ &&
          slots_.empty()) {
        continued_ = true;
        out_ += continue_line;
        loop_.mark_dirty(*this);
      }
      return read();
    }
    take_request();
  }
  if (unread().empty() && !last_request_) read();
}

void Session::take_request() {
  const Request& request = parser_.request();
  Slot& slot = slots_.emplace_back();
  slot.with_body = !request.is_head();
  const bool leaves = loop_.is_leaving() && parser_.consumed() == unread().size();
  slot.keep_alive = request.keep_alive && !leaves && !is_spare;
  slot.is_old = request.is_old;
  last_request_ = !slot.keep_alive;
  loop_.desk().take(request, {shared_from_this(), first_slot_ + slots_.size() - 1});
  const std::size_t consumed = parser_.consumed();
  parser_.reset();
  drop_consumed(consumed);
  continued_ = false;
  request_since_ms_ = 0;
}

void Session::drop_consumed(std::size_t bytes) {
  in_begin_ += bytes;
  if (in_begin_ < in_.size()) return;
  in_begin_ = 0;
  in_.clear();
  give_back();
}

/// An error of framing, size or time: answered in its turn, then the connection ends.
void Session::refuse(int status, std::string_view code, const std::string& detail) {
  refuse(Problem{.status = status, .code = code, .detail = detail});
}

void Session::refuse_spare() {
  refuse(unavailable("overloaded",
                     "http.connections_max = " + std::to_string(loop_.limits().connections_max) +
                         " connections are open already",
                     unread().starts_with("POST ") ? "no" : ""));
}

void Session::refuse(const Problem& problem) {
  Slot& slot = slots_.emplace_back();
  slot.keep_alive = false;
  slot.with_body = !unread().starts_with("HEAD ");
  last_request_ = true;
  request_since_ms_ = 0;
  if (loop_.context().observer != nullptr)
    loop_.context().observer->request(loop_.thread(), "OTHER", route_name(Resource::unknown),
                                      problem.status, 0);
  answer(first_slot_ + slots_.size() - 1,
         to_response(problem, Trace{}.trace_id(), loop_.limits().retry_after_s));
}

void Session::answer(uint64_t slot, Response&& response) {
  if (closed_ || slot < first_slot_) return;  // nobody is there for it any more
  Slot& filled = slots_[slot - first_slot_];
  filled.response = std::move(response);
  filled.done = true;
  waiting_bytes_ += bytes_of(filled.response);
  if (slot == first_slot_) release_answers();
  account();
}

void Session::release_answers() {
  while (!slots_.empty() && slots_.front().done) {
    Slot& slot = slots_.front();
    const bool leaves = loop_.is_leaving() && slots_.size() == 1 && unread().empty();
    if (slot.response.close || leaves) {
      slot.keep_alive = false;
      last_request_ = true;
    }
    const std::string_view connection =
        !slot.keep_alive ? "close" : slot.is_old ? "keep-alive" : "";
    serialise(slot.response, loop_.date(), slot.with_body, connection, out_);
    const bool last = !slot.keep_alive;
    waiting_bytes_ -= bytes_of(slot.response);
    slots_.pop_front();
    ++first_slot_;
    if (!last) continue;
    first_slot_ += slots_.size();
    slots_.clear();
    waiting_bytes_ = 0;
  }
  quiet_since_ms_ = loop_.now_ms();
  loop_.mark_dirty(*this);
}

void Session::flush() {
  if (closed_ || !sending_.empty() || out_.empty()) return;
  sending_.swap(out_);
  sent_ = 0;
  error_code error;
  const std::size_t n = socket_.write_some(asio::buffer(sending_), error);
  if (error && error != asio::error::would_block && error != asio::error::try_again) return close();
  sent_ = n;
  if (sent_ == sending_.size()) return after_sending();
  sending_since_ms_ = loop_.now_ms();
  send_rest();
}

void Session::send_rest() {
  socket_.async_write_some(asio::buffer(sending_.data() + sent_, sending_.size() - sent_),
                           std::bind_front(&Session::on_sent, shared_from_this()));
}

void Session::on_sent(const error_code& error, std::size_t bytes) {
  if (closed_) return;
  if (error) {
    close();
  } else {
    sent_ += bytes;
    sending_since_ms_ = loop_.now_ms();
    if (sent_ < sending_.size())
      send_rest();
    else
      after_sending();
  }
  loop_.settle();
}

void Session::after_sending() {
  sending_.clear();
  sent_ = 0;
  give_back();
  if (!out_.empty()) return flush();
  if (last_request_ && slots_.empty()) return linger();
  if (!last_request_ && !reading_) process();
}

/// The client must be able to read the answer: a close with bytes unread would reset it away.
void Session::linger() {
  if (linger_until_ms_ != 0) return;
  error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  linger_until_ms_ = loop_.now_ms() + loop_.limits().linger_ms_max;
  if (!reading_) read_and_forget();
}

void Session::read_and_forget() {
  in_ = {};
  in_begin_ = 0;
  account();
  reading_ = true;
  auto self = shared_from_this();
  socket_.async_read_some(
      asio::buffer(loop_.forgotten()), [self](const error_code& error, std::size_t bytes) {
        self->reading_ = false;
        self->lingered_bytes_ += bytes;
        if (self->closed_) return;
        if (error || self->lingered_bytes_ > self->loop_.limits().linger_bytes_max)
          self->close();
        else
          self->read_and_forget();
      });
}

void Session::tick(int64_t now_ms) {
  const EdgeLimits& limits = loop_.limits();
  if (linger_until_ms_ != 0) {
    if (now_ms >= linger_until_ms_) close();
    return;
  }
  if (!sending_.empty()) {
    if (now_ms - sending_since_ms_ >= limits.write_ms_max) close();
    return;
  }
  if (is_spare && !last_request_ && now_ms - quiet_since_ms_ >= limits.spare_ms_max)
    return refuse_spare();
  if (is_waiting || !slots_.empty()) {
    if (request_since_ms_ != 0) request_since_ms_ = now_ms;  // it is we who are slow
    return;
  }
  if (request_since_ms_ != 0) {
    const int64_t age = now_ms - request_since_ms_;
    const int64_t patience = loop_.is_draining()  ? limits.linger_ms_max
                             : parser_.in_body() ? limits.request_ms_max
                                                 : limits.head_ms_max;
    if (age < patience) return;
    refuse(408, "request_timeout", "the request did not arrive in time");
  } else if (now_ms - quiet_since_ms_ >= limits.idle_ms_max) {
    close();
  }
}

/// What was read already is told before the end of the read.
void Session::drain() {
  error_code ignored;
  if (!is_idle()) return;
  if (reading_) socket_.cancel(ignored);
  else close();
}

/// A close with a request unread resets it: its client could not know whether it was taken.
void Session::close_unless_more_came() {
  error_code error;
  if (socket_.available(error) > 0 && !error) read();
  else close();
}

void Session::make_room() {
  if (!last_request_) refuse_spare();
  flush();
  close();
}

void Session::close() {
  if (closed_) return;
  closed_ = true;
  error_code ignored;
  socket_.close(ignored);
  // At once: commands that are under way may keep the session for a while.
  slots_.clear();
  free_buffer(out_);
  free_buffer(sending_);
  sent_ = waiting_bytes_ = 0;
  account();
  loop_.remove(*this);
}

}  // namespace spate::edge
