// Written in place: a torn line is no name, and a new name costs a wait of one session at most.
#include "engine/app/node_name.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <system_error>

#include "engine/base/chance.hpp"

namespace spate {
namespace {

constexpr std::size_t line_bytes_max = 128;

/// Closes a descriptor at the end of its block.
struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

tl::unexpected<Fault> failed(const std::string& path) {
  return stop("file_failed", path + ": " + std::generic_category().message(errno) +
                                 "; give the node a name by kafka.instance, or mend the directory");
}

std::string minted_name() {
  char name[40];
  std::snprintf(name, sizeof name, "node-%016" PRIx64 "%016" PRIx64, chance(), chance());
  return name;
}

/// Empty: the text is no line of ours.
std::string name_in(const std::string& text, uint64_t& inode) {
  char name[40] = "", end = 0;
  const int found = std::sscanf(text.c_str(), "node-%32[0-9a-f] %" SCNu64 "%c", name, &inode, &end);
  return found == 3 && end == '\n' && std::strlen(name) == 32 ? "node-" + std::string(name)
                                                              : std::string();
}

}  // namespace

Result<NodeName> node_name_in(const std::string& directory) {
  const std::string path = directory + "/instance";
  const Descriptor file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)};
  struct stat status {};
  if (file.fd < 0 || ::fstat(file.fd, &status) != 0) return failed(path);
  std::string text(line_bytes_max, '\0');
  const ssize_t bytes = ::pread(file.fd, text.data(), text.size(), 0);
  if (bytes < 0) return failed(path);
  text.resize(static_cast<std::size_t>(bytes));
  uint64_t inode = 0;
  NodeName kept{name_in(text, inode)};
  kept.of_copy = !kept.name.empty() && inode != status.st_ino;
  if (!kept.name.empty() && !kept.of_copy) return kept;
  kept.name = minted_name();
  const std::string line = kept.name + " " + std::to_string(status.st_ino) + "\n";
  const bool written = ::ftruncate(file.fd, 0) == 0 &&
                       ::pwrite(file.fd, line.data(), line.size(), 0) ==
                           static_cast<ssize_t>(line.size()) &&
                       ::fsync(file.fd) == 0;
  if (!written) return failed(path);
  return kept;
}

}  // namespace spate
