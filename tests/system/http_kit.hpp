// A real server on a free port over the whole engine, and connections that speak raw bytes.
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "engine/edge/server.hpp"
#include "tests/engine/edge/engine_kit.hpp"

namespace spate::edge {

inline bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// The engine steps on one thread, the edge loops on another.
class HttpKit {
 public:
  /// `also` changes what the server is given.
  explicit HttpKit(EdgeLimits limits = {}, const std::function<void(EdgeContext&)>& also = {})
      : engine_(clock_) {
    engine_.mailbox.processor_bell = &bell_;
    EdgeContext context = engine_.context(clock_, limits);
    if (also) also(context);
    server_ = Server::open(std::move(context), {"127.0.0.1", 0}).value();
    edge_thread_ = std::thread([this] { server_->run(0); });
    engine_thread_ = std::thread([this] { step_until_stopped(); });
  }
  ~HttpKit() {
    server_->stop();
    edge_thread_.join();
    stopping_ = true;
    bell_.ring();
    engine_thread_.join();
  }
  Server& server() { return *server_; }
  uint16_t port() const { return server_->port(); }
  /// While held, nothing is decided.
  void hold(bool held) {
    held_ = held;
    bell_.ring();
  }

 private:
  void step_until_stopped() {
    while (!stopping_) {
      if (held_ || !engine_.step()) bell_.wait(20'000'000);
    }
  }
  SystemClock clock_;
  EngineKit engine_;
  ThreadBell bell_;
  std::unique_ptr<Server> server_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> held_{false};
  std::thread edge_thread_;
  std::thread engine_thread_;
};

/// One TCP connection; every wait ends after ten seconds at the latest.
class RawConnection {
 public:
  /// `receives`: bytes the kernel takes for it before anybody reads; 0: as it likes.
  explicit RawConnection(uint16_t port, int receives = 0)
      : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (receives > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receives, sizeof receives);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }
  ~RawConnection() { ::close(fd_); }
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  bool connected() const { return connected_; }
  /// False when the other side does not take it all.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      pollfd ready{fd_, POLLOUT, 0};
      if (::poll(&ready, 1, 10'000) != 1) return false;
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n < 0 && errno != EAGAIN) return false;
      bytes.remove_prefix(n > 0 ? static_cast<std::size_t>(n) : 0);
    }
    return true;
  }
  void finish_sending() { ::shutdown(fd_, SHUT_WR); }
  /// Something came, or the other side closed.
  bool has_more() const {
    pollfd ready{fd_, POLLIN, 0};
    return !in_.empty() || ::poll(&ready, 1, 0) == 1;
  }
  /// One answer with its body (Content-Length), or "" when the connection ended before it.
  std::string answer(bool with_body = true) {
    std::size_t end;
    while ((end = in_.find("\r\n\r\n")) == std::string::npos)
      if (!more()) return {};
    const std::size_t at = in_.find("Content-Length: ");
    std::size_t size = end + 4;
    if (with_body && at < end) size += std::stoul(in_.substr(at + 16));
    while (in_.size() < size)
      if (!more()) return {};
    std::string one = in_.substr(0, size);
    in_.erase(0, size);
    return one;
  }
  int status() { return status_of(answer()); }
  static int status_of(const std::string& answer) {
    return answer.size() < 12 ? 0 : std::stoi(answer.substr(9, 3));
  }
  /// Everything until the other side closes; `reset` says that it did not do so in good order.
  std::string rest() {
    while (more()) {
    }
    return std::exchange(in_, {});
  }
  bool ended() {
    while (more()) {
    }
    return !timed_out_ && in_.empty();
  }
  bool was_reset() const { return reset_; }

 private:
  bool more() {
    pollfd ready{fd_, POLLIN, 0};
    if (::poll(&ready, 1, 10'000) != 1) return timed_out_ = true, false;
    char buffer[65536];
    const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
    if (n < 0) reset_ = true;
    if (n <= 0) return false;
    in_.append(buffer, static_cast<std::size_t>(n));
    return true;
  }
  int fd_;
  bool connected_ = false;
  bool timed_out_ = false;
  bool reset_ = false;
  std::string in_;
};

inline std::string request_text(std::string_view method, std::string_view target,
                                std::string_view body = {}, std::string_view headers = {}) {
  std::string text = std::string(method) + " " + std::string(target) +
                     " HTTP/1.1\r\nHost: here\r\n" + std::string(headers);
  if (!body.empty())
    text +=
        "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  return text + "\r\n" + std::string(body);
}

}  // namespace spate::edge
