// io_submit(2) and io_getevents(2), for which the C library has no names.
#include "engine/log/kernel_read.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>

#include "engine/base/ensure.hpp"

namespace spate {
namespace {

/// One a read under way, used again: the kernel takes 30 ms to end one.
class Contexts {
 public:
  /// 0: there is none to be had.
  aio_context_t take() {
    const std::lock_guard lock(mutex_);
    aio_context_t context = 0;
    if (unused_.empty()) return ::syscall(SYS_io_setup, 1, &context) == 0 ? context : 0;
    context = unused_.back();
    unused_.pop_back();
    return context;
  }
  void give(aio_context_t context) {
    const std::lock_guard lock(mutex_);
    unused_.push_back(context);
  }

 private:
  std::mutex mutex_;
  std::vector<aio_context_t> unused_;
};

Contexts& contexts() {
  static Contexts& all = *new Contexts;  // never destroyed: files may be, later than statics
  return all;
}

}  // namespace

std::unique_ptr<KernelRead> KernelRead::begin(StoredFile& file, int direct_fd, uint64_t offset,
                                              std::span<uint8_t> into) {
  const aio_context_t context = contexts().take();
  if (context == 0) return nullptr;
  iocb wanted{};
  wanted.aio_lio_opcode = IOCB_CMD_PREAD;
  wanted.aio_fildes = static_cast<uint32_t>(direct_fd);
  wanted.aio_offset = static_cast<int64_t>(offset);
  wanted.aio_buf = reinterpret_cast<uint64_t>(into.data());
  wanted.aio_nbytes = into.size();
  iocb* one = &wanted;
  if (::syscall(SYS_io_submit, context, 1, &one) != 1) {
    contexts().give(context);
    return nullptr;
  }
  return std::unique_ptr<KernelRead>(new KernelRead(file, context, offset, into));
}

KernelRead::~KernelRead() {
  if (!has_ended_) end();
  contexts().give(context_);
}

/// Bytes read, or less than 0.
int64_t KernelRead::end() {
  io_event event{};
  long ended = 0;
  do ended = ::syscall(SYS_io_getevents, context_, 1, 1, &event, nullptr);
  while (ended < 0 && errno == EINTR);
  ENSURE(ended == 1);
  has_ended_ = true;
  return event.res;
}

/// What was not read is the end of the file, or a fault: an ordinary read says which.
Result<std::size_t> KernelRead::wait() {
  const auto got = static_cast<std::size_t>(std::max<int64_t>(end(), 0));
  if (got == into_.size()) return got;
  TRY(const std::size_t rest, file_.read(offset_ + got, into_.subspan(got)));
  return got + rest;
}

}  // namespace spate
