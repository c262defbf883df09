// A process of its own: another build may decide otherwise, or end; ours only looks at its log.
#include "engine/app/sandbox_server.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <vector>

extern char** environ;

namespace spate {
namespace {

constexpr std::string_view ready_mark = "\"ready\"";
constexpr std::size_t told_bytes_max = 2'000;

/// Settings of the memory and the like count; those that lead to another log do not.
std::vector<std::string> environment_of_sandbox() {
  // Its end comes when all is decided and folded, however long that takes.
  std::vector<std::string> kept{"SPATE_SHUTDOWN_GRACE=0", "SPATE_SHUTDOWN_WATCHDOG=168h"};
  for (char** at = environ; *at != nullptr; ++at) {
    const std::string_view one = *at;
    bool leads_elsewhere = false;
    for (const char* name : {"SPATE_CONFIG=", "SPATE_DATA=", "SPATE_LISTEN=", "SPATE_KAFKA",
                             "SPATE_CLUSTER", "SPATE_CHECKPOINTS", "SPATE_SHUTDOWN"})
      leads_elsewhere |= one.starts_with(name);
    if (!leads_elsewhere) kept.emplace_back(one);
  }
  return kept;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// Reads what it says to its end; tells it to end when it is ready. Gives the last of it.
std::string listen(int from, pid_t child, bool& ready) {
  std::string said;
  char piece[4096];
  for (;;) {
    const ssize_t n = ::read(from, piece, sizeof piece);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return said;
    said.append(piece, static_cast<std::size_t>(n));
    if (!ready && said.find(ready_mark) != std::string::npos) {
      ready = true;
      ::kill(child, SIGTERM);
    }
    if (said.size() > 2 * told_bytes_max) said.erase(0, said.size() - told_bytes_max);
  }
}

}  // namespace

Result<void> serve_once(const std::string& binary, const std::string& data) {
  const std::string path = binary.empty() ? "/proc/self/exe" : binary;
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0)
    return stop("binary_failed", std::string("a pipe: ") + std::strerror(errno));
  std::vector<std::string> words{"spate", "serve", "--data", data, "--listen", "127.0.0.1:0"};
  std::vector<std::string> environment = environment_of_sandbox();
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, pipe[1], STDERR_FILENO);
  pid_t child = 0;
  const int error = ::posix_spawn(&child, path.c_str(), &actions, nullptr,
                                  pointers_to(words).data(), pointers_to(environment).data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(pipe[1]);
  if (error != 0) {
    ::close(pipe[0]);
    return stop("binary_failed", path + " cannot be run: " + std::strerror(error));
  }
  bool ready = false;
  const std::string said = listen(pipe[0], child, ready);
  ::close(pipe[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (ready && WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return stop("binary_failed", path + " did not serve the sandbox " + data +
                                   " to its end; remove that before you try again. It said:\n" +
                                   said);
}

}  // namespace spate
