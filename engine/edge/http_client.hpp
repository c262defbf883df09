// HttpClient: a small HTTP/1.1 client for the command line and the load generator; plain header.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.hpp"

namespace spate::edge {

struct ClientLimits {
  std::size_t connections_max = 1;
  std::size_t queued_requests_max = 1'000'000;  ///< submitted, not on a connection yet
  std::size_t body_bytes_max = 64 << 20;        ///< of an answer
  int64_t connect_ms_max = 3'000;
  int64_t request_ms_max = 40'000;  ///< more than the server's longest wait
};

struct ClientRequest {
  std::string method = "GET";
  std::string target = "/";
  std::vector<std::pair<std::string, std::string>> headers;  ///< Host and lengths are added
  std::string body;
};

struct ClientResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  /// Case-insensitive; null when there is none.
  const std::string* header(std::string_view name) const;
};

struct ServerAddress {
  std::string host;
  std::string port;
};
/// `http://host[:port]` or `host:port`; faults: `server_address_invalid`.
Result<ServerAddress> parse_server_address(std::string_view text);

/// Many keep-alive connections on the caller's thread, one request on each at a time. Faults of a
/// request: `server_unreachable`, `timed_out` (it may have been carried out), `response_invalid`.
/// A request that an ageing connection swallowed is sent once more if that is safe: GET, HEAD, or
/// with an Idempotency-Key.
class HttpConnections {
 public:
  using Done = std::function<void(Result<ClientResponse>&&)>;
  HttpConnections(ServerAddress server, ClientLimits limits);
  ~HttpConnections();

  /// Goes out on the next free connection; false when queued_requests_max wait already. `done` is
  /// called once, within `run_for`; it may submit.
  bool submit(const ClientRequest& request, Done done);
  /// Moves bytes for so long; returns earlier when nothing is left to do.
  void run_for(int64_t ns);
  /// Submitted and not done.
  std::size_t unfinished() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// One request at a time, blocking.
class HttpClient {
 public:
  explicit HttpClient(ServerAddress server, ClientLimits limits = {});
  Result<ClientResponse> request(const ClientRequest& request);
  Result<ClientResponse> get(std::string target) {
    return request({"GET", std::move(target), {}, {}});
  }
  /// JSON in, with a key when given.
  Result<ClientResponse> post(std::string target, std::string body, std::string_view key = {});

 private:
  HttpConnections connections_;
};

}  // namespace spate::edge
