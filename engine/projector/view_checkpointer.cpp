// Round robin over the partitions.
#include "engine/projector/view_checkpointer.hpp"

#include <algorithm>

namespace spate {

Result<Step> ViewCheckpointer::step() {
  const auto& partitions = views_.partitions();
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    PartitionViews& partition = *partitions[next_];
    next_ = (next_ + 1) % partitions.size();
    if (!partition.wants_write()) continue;
    TRY(partition.write_frozen());
    unflushed_ = true;
    views_.ring_projectors();
    return Step::worked;
  }
  if (!unflushed_) {
    TRY(const Step tended, views_.store().tend());
    return tended == Step::worked ? Step::blocked : Step::idle;  // commands want the processor too
  }
  TRY(views_.store().flush());
  unflushed_ = false;
  return Step::worked;
}

bool ViewCheckpointer::is_due() const {
  const auto& partitions = views_.partitions();
  return unflushed_ || std::any_of(partitions.begin(), partitions.end(),
                                   [](const auto& one) { return one->wants_write(); });
}

}  // namespace spate
