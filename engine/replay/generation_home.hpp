// GenerationHome: the port to where generations of views lie; a directory, or a test's memory.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "engine/projector/view_store.hpp"

namespace spate {

/// One thread at a time.
class GenerationHome {
 public:
  virtual ~GenerationHome() = default;
  /// The plan as saved last; empty: there is none.
  virtual Result<std::string> plan() = 0;
  /// Durable when it returns, or the one before is.
  virtual Result<void> save_plan(const std::string& text) = 0;

  /// Numbers of all stores that lie here, whole or not.
  virtual Result<std::vector<uint32_t>> present() = 0;
  /// Opens a store, or makes it.
  virtual Result<std::unique_ptr<ViewStore>> open(uint32_t number) = 0;
  /// Below which its journals of digests lie, a file a partition; empty: it keeps none.
  virtual std::string journals_of(uint32_t /*number*/) const { return {}; }
  /// Nothing of it is left; it need not exist. Requires: it is not open.
  virtual Result<void> remove(uint32_t number) = 0;

  /// Any thread. Whether one more generation beside those here, or the rest of one, finds room and
  /// leaves the log what it needs. Faults: `storage_full`, with both numbers.
  virtual Result<void> check_room_for_another() = 0;
  virtual Result<void> check_room_to_go_on() = 0;
};

}  // namespace spate
