// WaitingRoom: answers at the door while the engine cannot be opened yet: alive, not ready, why.
#pragma once
#include <atomic>
#include <mutex>
#include <string>
#include <thread>

#include "engine/app/config.hpp"

namespace spate {

/// One thread, one request a connection; only until the real server takes the address over.
class WaitingRoom {
 public:
  /// Listens; when the address cannot be bound it answers nobody, which the real server will tell.
  explicit WaitingRoom(const HostPort& address);
  ~WaitingRoom();
  WaitingRoom(const WaitingRoom&) = delete;
  WaitingRoom& operator=(const WaitingRoom&) = delete;

  /// Shown by /readyz from now on.
  void say(const std::string& why);

 private:
  void run();
  void answer(int connection);
  std::string response_to(const std::string& request);

  int listener_ = -1;
  std::mutex mutex_;
  std::string why_ = "starting";
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

}  // namespace spate
