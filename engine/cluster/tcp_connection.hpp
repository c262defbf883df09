// TcpConnection: frames over one socket, in both directions, with heartbeats.
#pragma once
#include <boost/asio/ip/tcp.hpp>
#include <memory>

#include "engine/cluster/link_limits.hpp"
#include "engine/cluster/link_protocol.hpp"

namespace spate {

/// All on the thread of its io_context. Writes are gathered: what is put into `out` while one is
/// under way leaves with the next.
class TcpConnection : public std::enable_shared_from_this<TcpConnection> {
 public:
  using Tcp = boost::asio::ip::tcp;
  class Receiver {
   public:
    virtual ~Receiver() = default;
    /// A fault closes the connection. The payload lives during the call.
    virtual Result<void> received(const Frame& frame) = 0;
    /// The frames of one read have been received, or what had to leave has left.
    virtual void settled() = 0;
    /// Called once, not from within `close`.
    virtual void closed(const std::string& why) = 0;
  };

  TcpConnection(Tcp::socket socket, const LinkLimits& limits, int64_t now_ms)
      : socket_(std::move(socket)), limits_(limits), heard_ms_(now_ms), spoke_ms_(now_ms) {}

  /// `receiver` outlives this or calls `close` first.
  void start(Receiver& receiver);
  /// Frames to send; `flush` sends them.
  ByteBuffer& out() { return filling_; }
  void flush();
  std::size_t unsent_bytes() const { return filling_.size() + writing_.size(); }
  /// The receiver hears nothing more.
  void close();
  /// Sends what is in `out`, then closes.
  void close_after_writing();
  /// Until the handshake is over only small frames are taken.
  void allow_large_frames() { payload_bytes_max_ = limits_.payload_bytes_max; }
  /// Heartbeats, silence.
  void tick(int64_t now_ms);
  std::string remote() const;

 private:
  void read();
  void on_read(const boost::system::error_code& error, std::size_t bytes);
  Result<void> take_frames();
  void on_written(const boost::system::error_code& error);
  void end(const std::string& why);

  Tcp::socket socket_;
  const LinkLimits& limits_;
  Receiver* receiver_ = nullptr;
  ByteBuffer in_;
  std::size_t in_begin_ = 0;
  ByteBuffer filling_, writing_;
  std::size_t payload_bytes_max_ = hello_bytes_max;
  int64_t heard_ms_, spoke_ms_, write_ms_ = 0;
  bool heard_ = false, spoke_ = false, wrote_ = false;  // since the last tick
  bool reading_ = false, closing_ = false;
};

}  // namespace spate
