// The mapped file of breadcrumbs.
#include "engine/processor/suspects.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace spate {

//   file  := magic:u64 log_id:u128 partitions:u32 zero:u32 crumb*
//   crumb := id:u128 deciding:u64 (0 = nothing) died_id:u128 deaths:u64
struct Suspects::Crumb {
  CommandId id;
  uint64_t deciding;
  CommandId died_id;
  uint64_t deaths;
};
struct Suspects::File {
  uint64_t magic;
  Hash128 log_id;
  uint32_t partitions;
  uint32_t zero;
};

namespace {
constexpr uint64_t magic = 0x31626d7572637073;  // "spcrumb1"
}

Suspects::~Suspects() {
  if (file_ == nullptr) return;
  if (mapped_) munmap(file_, bytes_);
  else std::free(file_);
}

Suspects::Crumb* Suspects::crumbs() const { return reinterpret_cast<Crumb*>(file_ + 1); }

Result<void> Suspects::open(const std::string& path, Hash128 log_id, uint32_t partitions) {
  bytes_ = sizeof(File) + partitions * sizeof(Crumb);
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  const int error = fd < 0 || ftruncate(fd, static_cast<off_t>(bytes_)) != 0
                        ? errno  // real blocks: a hole that finds the disk full is a SIGBUS
                        : posix_fallocate(fd, 0, static_cast<off_t>(bytes_));
  if (error != 0) {
    const std::string why = std::strerror(error);
    if (fd >= 0) ::close(fd);
    return stop("breadcrumbs_unwritable", path + ": " + why + "; make the directory writable");
  }
  void* mapped = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::close(fd);
  if (mapped == MAP_FAILED) return stop("breadcrumbs_unwritable", path + ": " + std::strerror(errno));
  file_ = static_cast<File*>(mapped);
  mapped_ = true;
  if (file_->magic != magic || file_->log_id != log_id || file_->partitions != partitions)
    std::memset(mapped, 0, bytes_);
  file_->magic = magic;
  file_->log_id = log_id;
  file_->partitions = partitions;
  for (uint32_t i = 0; i < partitions; ++i) {
    Crumb& crumb = crumbs()[i];
    if (crumb.deciding == 0) continue;
    crumb.deaths = crumb.died_id == crumb.id ? crumb.deaths + 1 : 1;
    crumb.died_id = crumb.id;
    crumb.deciding = 0;
  }
  return {};
}

void Suspects::open_in_memory(uint32_t partitions) {
  bytes_ = sizeof(File) + partitions * sizeof(Crumb);
  file_ = static_cast<File*>(std::calloc(1, bytes_));
}

void Suspects::deciding(uint32_t dense, CommandId id) {
  Crumb& crumb = crumbs()[dense];
  crumb.id = id;
  crumb.deciding = 1;
  asm volatile("" ::: "memory");  // the crumb is in place before the handler runs
}

void Suspects::done(uint32_t dense) { crumbs()[dense].deciding = 0; }

bool Suspects::is_suspect(uint32_t dense, CommandId id) const { return suspect(dense) == id; }

std::optional<CommandId> Suspects::suspect(uint32_t dense) const {
  const Crumb& crumb = crumbs()[dense];
  return crumb.deaths >= 2 ? std::optional(crumb.died_id) : std::nullopt;
}

std::pair<CommandId, bool> Suspects::last(uint32_t dense) const {
  const Crumb& crumb = crumbs()[dense];
  return {crumb.id, crumb.deaths > 0 && crumb.died_id == crumb.id};
}

}  // namespace spate
