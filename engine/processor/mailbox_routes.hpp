// MailboxRoutes: into which of an edge thread's mailboxes the requests of each partition go.
#pragma once
#include <atomic>
#include <memory>
#include <span>

#include "engine/base/ensure.hpp"

namespace spate {

/// Embedded it never changes. Where partitions are dealt out to nodes it follows their ownership: a
/// moment's truth, what arrives at the wrong place is handed on or refused there.
class MailboxRoutes {
 public:
  /// `mailbox_of`: a mailbox for each dense partition.
  explicit MailboxRoutes(std::span<const uint32_t> mailbox_of)
      : count_(mailbox_of.size()), routes_(new std::atomic<uint32_t>[count_]) {
    for (std::size_t i = 0; i < count_; ++i) routes_[i].store(mailbox_of[i]);
  }

  std::size_t count() const { return count_; }
  /// Any thread.
  uint32_t at(uint32_t dense) const { return routes_[dense].load(std::memory_order_relaxed); }
  /// Any thread.
  void set(uint32_t dense, uint32_t mailbox) {
    ENSURE(dense < count_);
    routes_[dense].store(mailbox, std::memory_order_relaxed);
  }

 private:
  const std::size_t count_;
  const std::unique_ptr<std::atomic<uint32_t>[]> routes_;
};

}  // namespace spate
