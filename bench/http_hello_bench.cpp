// The yardstick of bench/http.sh: a Beast hello world with our flags; `--port N --serve` stays up.
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "engine/edge/http_client.hpp"

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Tcp = asio::ip::tcp;
using boost::system::error_code;

/// Beast as its fast examples use it: flat buffer, parser per request, keep-alive, one write.
class Hello : public std::enable_shared_from_this<Hello> {
 public:
  explicit Hello(Tcp::socket socket) : socket_(std::move(socket)) {
    error_code ignored;
    socket_.set_option(Tcp::no_delay(true), ignored);
  }
  void read() {
    parser_.emplace();
    http::async_read(socket_, buffer_, *parser_,
                     std::bind_front(&Hello::on_read, shared_from_this()));
  }

 private:
  void on_read(const error_code& error, std::size_t) {
    if (error) return;
    response_ = {http::status::ok, 11};
    response_.set(http::field::content_type, "application/json");
    response_.keep_alive(parser_->get().keep_alive());
    response_.body() = R"({"hello":"world"})";
    response_.prepare_payload();
    http::async_write(socket_, response_, std::bind_front(&Hello::on_write, shared_from_this()));
  }
  void on_write(const error_code& error, std::size_t) {
    if (!error && response_.keep_alive()) read();
  }

  Tcp::socket socket_;
  boost::beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
};

struct Listener {
  explicit Listener(asio::io_context& io, uint16_t port)
      : acceptor(io, Tcp::endpoint(asio::ip::address_v4::loopback(), port)) {
    accept();
  }
  void accept() {
    acceptor.async_accept([this](const error_code& error, Tcp::socket socket) {
      if (error) return;
      std::make_shared<Hello>(std::move(socket))->read();
      accept();
    });
  }
  Tcp::acceptor acceptor;
};

/// A few requests through our own client, so that the program cannot rot.
int run_tiny() {
  asio::io_context io{1};
  Listener listener(io, 0);
  std::thread thread([&] { io.run(); });
  spate::edge::HttpClient client(
      {"127.0.0.1", std::to_string(listener.acceptor.local_endpoint().port())});
  bool good = true;
  for (int i = 0; i < 100; ++i) {
    const auto answer = client.post("/", "{}");
    good = good && answer && answer->status == 200 && answer->body == R"({"hello":"world"})";
  }
  io.stop();
  thread.join();
  std::printf("hello world: 100 requests, %s\n", good ? "all answered" : "NOT all answered");
  return good ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  uint16_t port = 8081;
  bool serve = false;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--tiny") == 0) return run_tiny();
    if (std::strcmp(argv[i], "--serve") == 0) serve = true;
    if (std::strcmp(argv[i], "--port") == 0 && i + 1 < argc)
      port = static_cast<uint16_t>(std::atoi(argv[++i]));
  }
  if (!serve) {
    std::puts("usage: http_hello_bench --port N --serve | --tiny");
    return 2;
  }
  asio::io_context io{1};
  Listener listener(io, port);
  std::printf("hello world on 127.0.0.1:%u, one thread\n", port);
  io.run();
}
