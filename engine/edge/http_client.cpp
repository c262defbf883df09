// The client's connections on Asio, answers read by Beast.
#include "engine/edge/http_client.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <deque>
#include <optional>

#include "engine/edge/message.hpp"

namespace spate::edge {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Tcp = asio::ip::tcp;
using boost::system::error_code;
using SteadyClock = std::chrono::steady_clock;

constexpr auto tick = std::chrono::milliseconds(50);  // grain of the time-outs

bool may_repeat(const ClientRequest& request) {
  if (request.method == "GET" || request.method == "HEAD") return true;
  for (const auto& [name, _] : request.headers)
    if (same_name(name, "Idempotency-Key")) return true;
  return false;
}

std::string as_http(const ClientRequest& request, const ServerAddress& server) {
  const bool v6 = server.host.find(':') != std::string::npos;
  std::string out = request.method + " " + request.target +
                    " HTTP/1.1\r\nHost: " + (v6 ? "[" + server.host + "]" : server.host) + ":" +
                    server.port + "\r\n";
  for (const auto& [name, value] : request.headers) out += name + ": " + value + "\r\n";
  if (!request.body.empty() || request.method == "POST")
    out += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  return out += "\r\n" + request.body;
}

}  // namespace

const std::string* ClientResponse::header(std::string_view name) const {
  for (const auto& [n, value] : headers)
    if (same_name(n, name)) return &value;
  return nullptr;
}

Result<ServerAddress> parse_server_address(std::string_view text) {
  std::string_view rest = text;
  if (rest.starts_with("http://")) rest.remove_prefix(7);
  while (!rest.empty() && rest.back() == '/') rest.remove_suffix(1);
  ServerAddress server{{}, "80"};
  std::string_view port = rest;
  if (const std::size_t bracket = rest.find(']'); rest.starts_with("[") && bracket != rest.npos) {
    server.host = rest.substr(1, bracket - 1);
    port = rest.substr(bracket + 1);
  } else {
    server.host = rest.substr(0, rest.find(':'));
    port = rest.substr(server.host.size());
  }
  if (!port.empty()) server.port = port.substr(1);
  const bool good = !server.host.empty() &&
                    server.host.find_first_of("/@? ") == std::string::npos &&
                    (port.empty() || port.front() == ':') && !server.port.empty() &&
                    server.port.find_first_not_of("0123456789") == std::string::npos &&
                    server.port.size() <= 5 && std::stoul(server.port) <= 65'535;
  if (good) return server;
  return stop("server_address_invalid",
              "'" + std::string(text) + "' is no server; write it as http://127.0.0.1:8080");
}

struct HttpConnections::Parts {
  struct Job {
    ClientRequest request;
    Done done;
    bool repeated = false;
  };
  struct Connection {
    explicit Connection(asio::io_context& io) : socket(io) {}
    Tcp::socket socket;
    boost::beast::flat_buffer buffer;
    std::optional<http::response_parser<http::string_body>> parser;
    std::string out;
    std::optional<Job> job;
    SteadyClock::time_point deadline;
    uint64_t life = 0;  ///< a completion of an earlier life is ignored
    bool connected = false;
    bool reused = false;  ///< the request is not the connection's first
  };

  Parts(ServerAddress s, ClientLimits l) : server(std::move(s)), limits(l) {}

  void dispatch();
  Connection* free_connection();
  void start(Connection& c, Job job);
  void connect(Connection& c);
  void send(Connection& c);
  void receive(Connection& c);
  void succeed(Connection& c);
  void fail(Connection& c, std::string code, const std::string& why);
  void check_deadlines();
  void watch();

  const ServerAddress server;
  const ClientLimits limits;
  asio::io_context io{1};
  asio::steady_timer timer{io};
  std::optional<Tcp::resolver::results_type> endpoints;
  std::vector<std::unique_ptr<Connection>> connections;
  std::vector<Connection*> idle;
  std::deque<Job> queue;
  std::size_t busy = 0;
  bool watching = false;
};

void HttpConnections::Parts::dispatch() {
  while (!queue.empty()) {
    Connection* c = free_connection();
    if (c == nullptr) return;
    Job job = std::move(queue.front());
    queue.pop_front();
    start(*c, std::move(job));
  }
}

HttpConnections::Parts::Connection* HttpConnections::Parts::free_connection() {
  if (!idle.empty()) {
    Connection* c = idle.back();
    idle.pop_back();
    return c;
  }
  if (connections.size() >= limits.connections_max) return nullptr;
  connections.push_back(std::make_unique<Connection>(io));
  return connections.back().get();
}

void HttpConnections::Parts::start(Connection& c, Job job) {
  ++busy;
  c.out = as_http(job.request, server);
  c.job = std::move(job);
  c.reused = c.connected;
  watch();
  if (c.connected)
    send(c);
  else
    connect(c);
}

void HttpConnections::Parts::connect(Connection& c) {
  c.deadline = SteadyClock::now() + std::chrono::milliseconds(limits.connect_ms_max);
  if (!endpoints) {
    error_code error;
    Tcp::resolver resolver(io);
    auto found = resolver.resolve(server.host, server.port, error);
    if (error)  // told from run_for, as everything is
      return asio::post(io, [this, &c, error] { fail(c, "server_unreachable", error.message()); });
    endpoints = std::move(found);
  }
  asio::async_connect(c.socket, *endpoints,
                      [this, &c, life = c.life](const error_code& error, const Tcp::endpoint&) {
                        if (life != c.life) return;
                        if (error) return fail(c, "server_unreachable", error.message());
                        error_code ignored;
                        c.socket.set_option(Tcp::no_delay(true), ignored);
                        c.connected = true;
                        send(c);
                      });
}

void HttpConnections::Parts::send(Connection& c) {
  c.deadline = SteadyClock::now() + std::chrono::milliseconds(limits.request_ms_max);
  asio::async_write(c.socket, asio::buffer(c.out),
                    [this, &c, life = c.life](const error_code& error, std::size_t) {
                      if (life != c.life || !error) return;
                      fail(c, "server_unreachable", error.message());
                    });
  receive(c);
}

void HttpConnections::Parts::receive(Connection& c) {
  c.parser.emplace();
  c.parser->body_limit(limits.body_bytes_max);
  c.parser->skip(c.job->request.method == "HEAD");
  http::async_read(c.socket, c.buffer, *c.parser,
                   [this, &c, life = c.life](const error_code& error, std::size_t) {
                     if (life != c.life) return;
                     if (!error && c.parser->get().result_int() == 100) return receive(c);
                     if (!error) return succeed(c);
                     const bool foreign =
                         error.category() ==
                             http::make_error_code(http::error::bad_version).category() &&
                         error != http::error::end_of_stream;
                     fail(c, foreign ? "response_invalid" : "server_unreachable", error.message());
                   });
}

void HttpConnections::Parts::succeed(Connection& c) {
  auto message = c.parser->release();
  ClientResponse response;
  response.status = static_cast<int>(message.result_int());
  for (const auto& field : message)
    response.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  response.body = std::move(message.body());
  const bool keep = message.keep_alive();
  Job job = std::move(*c.job);
  c.job.reset();
  --busy;
  if (!keep) {
    error_code ignored;
    c.socket.close(ignored);
    c.connected = false;
    ++c.life;
  }
  idle.push_back(&c);
  job.done(std::move(response));
  dispatch();
}

void HttpConnections::Parts::fail(Connection& c, std::string code, const std::string& why) {
  error_code ignored;
  c.socket.close(ignored);
  c.buffer.clear();
  c.connected = false;
  ++c.life;
  Job job = std::move(*c.job);
  c.job.reset();
  --busy;
  if (code == "server_unreachable" && c.reused && !job.repeated && may_repeat(job.request)) {
    job.repeated = true;
    return start(c, std::move(job));
  }
  idle.push_back(&c);
  job.done(tl::unexpected<Fault>(Fault{std::move(code), FaultAction::retry,
                                       "http://" + server.host + ":" + server.port + ": " + why}));
  dispatch();
}

void HttpConnections::Parts::watch() {
  if (watching) return;
  watching = true;
  timer.expires_after(tick);
  timer.async_wait([this](const error_code& error) {
    watching = false;
    if (error) return;
    check_deadlines();
    if (busy > 0) watch();
  });
}

void HttpConnections::Parts::check_deadlines() {
  const auto now = SteadyClock::now();
  for (std::size_t i = 0; i < connections.size(); ++i) {
    Connection& c = *connections[i];
    if (!c.job || now < c.deadline) continue;
    if (!c.connected)
      fail(c, "server_unreachable", "no connection within connect_ms_max");
    else
      fail(c, "timed_out", "no answer within request_ms_max; it may have been carried out");
  }
}

HttpConnections::HttpConnections(ServerAddress server, ClientLimits limits)
    : parts_(std::make_unique<Parts>(std::move(server), limits)) {}
HttpConnections::~HttpConnections() = default;

bool HttpConnections::submit(const ClientRequest& request, Done done) {
  if (parts_->queue.size() >= parts_->limits.queued_requests_max) return false;
  parts_->queue.push_back({request, std::move(done), false});
  parts_->dispatch();
  return true;
}

void HttpConnections::run_for(int64_t ns) {
  const auto until = SteadyClock::now() + std::chrono::nanoseconds(ns);
  if (parts_->io.stopped()) parts_->io.restart();
  while (unfinished() > 0 && parts_->io.run_one_until(until) > 0) {
  }
}

std::size_t HttpConnections::unfinished() const { return parts_->queue.size() + parts_->busy; }

HttpClient::HttpClient(ServerAddress server, ClientLimits limits)
    : connections_(std::move(server), limits) {}

Result<ClientResponse> HttpClient::request(const ClientRequest& request) {
  std::optional<Result<ClientResponse>> result;
  connections_.submit(request, [&](Result<ClientResponse>&& r) { result.emplace(std::move(r)); });
  while (!result) connections_.run_for(1'000'000'000);
  return std::move(*result);
}

Result<ClientResponse> HttpClient::post(std::string target, std::string body,
                                        std::string_view key) {
  ClientRequest r{
      "POST", std::move(target), {{"Content-Type", "application/json"}}, std::move(body)};
  if (!key.empty()) r.headers.emplace_back("Idempotency-Key", key);
  return request(r);
}

}  // namespace spate::edge
