// Server: the HTTP/1.1 door; sockets, threads' loops and shutdown behind a plain interface.
#pragma once
#include <memory>

#include "engine/edge/context.hpp"

namespace spate::edge {

/// `host` is a literal address or a name; port 0 takes a free one.
struct ListenAddress {
  std::string host = "127.0.0.1";
  uint16_t port = 8080;
};

/// One listener and one event loop per edge thread (as many as `context.mailboxes` has), told apart
/// by SO_REUSEPORT. Life: open, run on each thread, leave, drain, stop.
class Server {
 public:
  /// Whether `open` would be allowed to bind there, known before the engine is opened. Faults:
  /// `address_invalid`, `address_not_loopback`.
  static Result<void> check(const ListenAddress& address, bool insecure_dev);
  /// Binds and listens. Faults: `address_in_use`, `address_invalid`, `address_not_loopback`.
  static Result<std::unique_ptr<Server>> open(EdgeContext context, const ListenAddress& address);
  ~Server();

  uint16_t port() const;
  std::size_t threads() const;
  /// The event loop of one thread; returns after `stop`. Call it once per thread.
  void run(std::size_t thread);
  /// Any thread. Requests and connections are taken as before, but each answer ends its connection,
  /// so that clients go elsewhere without a request lost.
  void leave();
  /// Any thread. No new connections; new commands are answered `shutting_down`; idle connections
  /// close, busy ones after their answer.
  void drain();
  /// Any thread. True when drained: nobody is connected.
  bool empty() const;
  /// Any thread. `run` returns soon, whoever is still connected.
  void stop();

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace spate::edge
