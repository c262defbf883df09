// Plain sockets: there is nothing to serve yet but the reason.
#include "engine/app/waiting_room.hpp"

#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/json_writer.hpp"

namespace spate {
namespace {

constexpr int poll_ms = 100;
constexpr timeval patience{0, 300'000};  // of one connection: others wait behind it
constexpr std::size_t head_bytes_max = 16 << 10;
constexpr int backlog = 64;

int listen_on(const HostPort& address) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  const std::string port = std::to_string(address.port);
  if (address.port == 0 ||
      getaddrinfo(address.host.c_str(), port.c_str(), &hints, &found) != 0)
    return -1;
  const int listener = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const bool bound = bind(listener, found->ai_addr, found->ai_addrlen) == 0 &&
                     listen(listener, backlog) == 0;
  freeaddrinfo(found);
  if (bound) return listener;
  close(listener);
  return -1;
}

std::string response(const char* status, const char* type, const std::string& body) {
  return std::string("HTTP/1.1 ") + status + "\r\nContent-Type: " + type +
         "\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nRetry-After: 1\r\nConnection: close\r\n\r\n" + body;
}

}  // namespace

WaitingRoom::WaitingRoom(const HostPort& address) : listener_(listen_on(address)) {
  if (listener_ >= 0) thread_ = std::thread([this] { run(); });
}

WaitingRoom::~WaitingRoom() {
  ending_.store(true);
  if (thread_.joinable()) thread_.join();
  if (listener_ >= 0) close(listener_);
}

void WaitingRoom::say(const std::string& why) {
  const std::lock_guard lock(mutex_);
  why_ = why;
}

void WaitingRoom::run() {
  pthread_setname_np(pthread_self(), "waiting-room");
  while (!ending_.load()) {
    pollfd wanted{listener_, POLLIN, 0};
    if (poll(&wanted, 1, poll_ms) <= 0) continue;
    const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    answer(connection);
    close(connection);
  }
}

void WaitingRoom::answer(int connection) {
  setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  std::string head;
  char part[2048];
  while (head.find("\r\n\r\n") == std::string::npos && head.size() < head_bytes_max) {
    const ssize_t came = recv(connection, part, sizeof part, 0);
    if (came <= 0) return;
    head.append(part, static_cast<std::size_t>(came));
  }
  std::string text = response_to(head);
  if (head.starts_with("HEAD ")) text.resize(text.find("\r\n\r\n") + 4);  // tells of a body alone
  if (send(connection, text.data(), text.size(), MSG_NOSIGNAL) < 0) return;
  shutdown(connection, SHUT_WR);
  while (recv(connection, part, sizeof part, 0) > 0 && !ending_.load()) {
  }  // a body that is still coming would turn the answer into a reset
}

std::string WaitingRoom::response_to(const std::string& request) {
  const std::size_t begin = request.find(' ') + 1;
  const std::string path = request.substr(begin, request.find_first_of(" ?\r", begin) - begin);
  std::string why;
  {
    const std::lock_guard lock(mutex_);
    why = why_;
  }
  if (path == "/livez") return response("200 OK", "text/plain; charset=utf-8", "ok\n");
  if (path == "/readyz" || path == "/health" || path == "/startupz")
    return response("503 Service Unavailable", "text/plain; charset=utf-8", why + "\n");
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  json.member("type", "/problems/not_ready");
  json.member("title", "Not ready");
  json.member("status", uint64_t{503});
  json.member("code", "not_ready");
  json.member("detail", why);
  json.member("taken", "no");
  json.end_object();
  return response("503 Service Unavailable", "application/problem+json", body);
}

}  // namespace spate
