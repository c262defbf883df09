// Reading, writing and ending one connection.
#include "engine/cluster/tcp_connection.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

namespace spate {
namespace {
namespace asio = boost::asio;
using boost::system::error_code;
constexpr std::size_t read_bytes = 64 << 10;
}  // namespace

void TcpConnection::start(Receiver& receiver) {
  receiver_ = &receiver;
  error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  read();
}

void TcpConnection::read() {
  if (receiver_ == nullptr || reading_) return;
  // Enough is owed already: nothing is read until it has been taken (answers to what is read
  // would only wait behind it).
  if (unsent_bytes() > limits_.unsent_bytes_max) return;
  reading_ = true;
  if (in_begin_ > 0) {
    const std::size_t left = in_.size() - in_begin_;
    std::memmove(in_.data(), in_.data() + in_begin_, left);
    in_.resize_down(left);
    in_begin_ = 0;
  }
  uint8_t* at = in_.grow(read_bytes);
  socket_.async_read_some(asio::buffer(at, read_bytes),
                          [self = shared_from_this()](const error_code& error, std::size_t bytes) {
                            self->on_read(error, bytes);
                          });
}

void TcpConnection::on_read(const error_code& error, std::size_t bytes) {
  reading_ = false;
  if (receiver_ == nullptr) return;
  if (error) return end(error.message());
  in_.resize_down(in_.size() - (read_bytes - bytes));
  heard_ = true;
  const Result<void> taken = take_frames();
  if (receiver_ == nullptr) return;
  if (!taken) return end(taken.error().detail);
  receiver_->settled();
  read();
}

Result<void> TcpConnection::take_frames() {
  while (receiver_ != nullptr) {
    const Bytes input{in_.data() + in_begin_, in_.size() - in_begin_};
    TRY(const auto parsed, parse_frame(input, payload_bytes_max_));
    if (!parsed) return {};
    if (parsed->frame.kind != FrameKind::ping) TRY(receiver_->received(parsed->frame));
    in_begin_ += parsed->bytes;
  }
  return {};
}

void TcpConnection::flush() {
  if (!writing_.empty() || filling_.empty() || (receiver_ == nullptr && !closing_)) return;
  writing_.swap(filling_);
  spoke_ = true;
  asio::async_write(socket_, asio::buffer(writing_.data(), writing_.size()),
                    [self = shared_from_this()](const error_code& error, std::size_t) {
                      self->on_written(error);
                    });
}

void TcpConnection::on_written(const error_code& error) {
  writing_.clear();
  wrote_ = true;
  if (closing_ && !error && !filling_.empty()) return flush();
  if (closing_) return close();
  if (receiver_ == nullptr) return;
  if (error) return end(error.message());
  flush();
  receiver_->settled();
  read();  // in case it waited for room
}

void TcpConnection::close_after_writing() {
  receiver_ = nullptr;
  if (unsent_bytes() == 0) return close();
  closing_ = true;
  flush();
}

void TcpConnection::close() {
  receiver_ = nullptr;
  error_code ignored;
  socket_.close(ignored);
}

void TcpConnection::end(const std::string& why) {
  Receiver* receiver = receiver_;
  close();
  if (receiver != nullptr) receiver->closed(why);
}

void TcpConnection::tick(int64_t now_ms) {
  if (heard_) heard_ms_ = now_ms;
  if (spoke_) spoke_ms_ = now_ms;
  heard_ = spoke_ = false;
  if (writing_.empty() || wrote_) write_ms_ = now_ms;
  wrote_ = false;
  const bool is_silent = reading_ && now_ms - heard_ms_ > limits_.silence_ms_max;
  const bool is_stuck = now_ms - write_ms_ > limits_.silence_ms_max;
  if (!reading_) heard_ms_ = now_ms;  // the silence is ours
  if (is_silent || is_stuck) return end("nothing was heard of it");
  if (now_ms - spoke_ms_ < limits_.heartbeat_ms || unsent_bytes() > 0) return;
  put_ping(filling_);
  flush();
}

std::string TcpConnection::remote() const {
  error_code error;
  const auto at = socket_.remote_endpoint(error);
  return error ? "unknown" : at.address().to_string() + ":" + std::to_string(at.port());
}

}  // namespace spate
