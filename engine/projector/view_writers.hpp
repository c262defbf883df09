// ViewWriters: the checkpointers of all generations in use, stepped by one thread.
#pragma once
#include <memory>

#include "engine/base/errands.hpp"
#include "engine/projector/view_checkpointer.hpp"

namespace spate {

class ViewWriters {
 public:
  /// Any thread, then wake it. `errands` tells when it is done.
  void add(std::shared_ptr<ViewCheckpointer> writer);
  void remove(std::shared_ptr<ViewCheckpointer> writer);
  const Errands& errands() const { return errands_; }

  /// One step of each that has something to do; blocked as they are. Faults end the process, as a
  /// checkpointer's do.
  Result<Step> step();

 private:
  std::vector<std::shared_ptr<ViewCheckpointer>> writers_;
  Errands errands_;
};

}  // namespace spate
