// KernelRead: a read past the page cache that the kernel does beside the thread (Linux AIO).
#pragma once
#include <linux/aio_abi.h>

#include "engine/log/storage.hpp"

namespace spate {

/// No thread of ours: whoever begins it pays for it, at its own priority and from its own budget.
class KernelRead final : public ReadUnderWay {
 public:
  /// `direct_fd`: of `file`, opened with O_DIRECT. Null: the system does not do that, or not now.
  static std::unique_ptr<KernelRead> begin(StoredFile& file, int direct_fd, uint64_t offset,
                                           std::span<uint8_t> into);
  ~KernelRead() override;

  Result<std::size_t> wait() override;

 private:
  KernelRead(StoredFile& file, aio_context_t context, uint64_t offset, std::span<uint8_t> into)
      : file_(file), context_(context), offset_(offset), into_(into) {}
  int64_t end();

  StoredFile& file_;
  const aio_context_t context_;
  const uint64_t offset_;
  const std::span<uint8_t> into_;
  bool has_ended_ = false;
};

}  // namespace spate
