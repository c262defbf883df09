// What is answered at the door while a start waits for its log.
#include "engine/app/waiting_room.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

namespace spate {
namespace {

sockaddr_in loopback(uint16_t port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return at;
}

uint16_t free_port() {
  const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at = loopback(0);
  socklen_t size = sizeof at;
  EXPECT_EQ(bind(probe, reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
  EXPECT_EQ(getsockname(probe, reinterpret_cast<sockaddr*>(&at), &size), 0);
  close(probe);
  return ntohs(at.sin_port);
}

/// All that is said until the door closes the connection.
std::string told(uint16_t port, const std::string& request_line) {
  const int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in at = loopback(port);
  EXPECT_EQ(connect(connection, reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
  const std::string request = request_line + " HTTP/1.1\r\nHost: x\r\n\r\n";
  EXPECT_EQ(send(connection, request.data(), request.size(), 0),
            static_cast<ssize_t>(request.size()));
  std::string all;
  char part[1024];
  for (ssize_t n = 0; (n = recv(connection, part, sizeof part, 0)) > 0;)
    all.append(part, static_cast<std::size_t>(n));
  close(connection);
  return all;
}

TEST(WaitingRoom, SaysWhyItIsNotReadyAndToWhoAsksWithHeadTheHeadAlone) {
  const uint16_t port = free_port();
  WaitingRoom room({"127.0.0.1", port});
  room.say("waiting for the log");
  for (const char* path : {"/readyz", "/v1/orders/o-1"}) {
    const std::string whole = told(port, "GET " + std::string(path));
    EXPECT_TRUE(whole.starts_with("HTTP/1.1 503 ")) << whole;
    EXPECT_NE(whole.find("waiting for the log"), std::string::npos) << whole;
    EXPECT_EQ(told(port, "HEAD " + std::string(path)), whole.substr(0, whole.find("\r\n\r\n") + 4));
  }
  EXPECT_TRUE(told(port, "HEAD /livez").starts_with("HTTP/1.1 200 "));
}

}  // namespace
}  // namespace spate
