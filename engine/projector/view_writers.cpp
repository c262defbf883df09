// Each in its turn.
#include "engine/projector/view_writers.hpp"

#include <utility>

namespace spate {

void ViewWriters::add(std::shared_ptr<ViewCheckpointer> writer) {
  errands_.post([this, writer = std::move(writer)] { writers_.push_back(writer); });
}

void ViewWriters::remove(std::shared_ptr<ViewCheckpointer> writer) {
  errands_.post([this, writer = std::move(writer)] { std::erase(writers_, writer); });
}

Result<Step> ViewWriters::step() {
  errands_.run();
  bool worked = false;
  for (const auto& writer : writers_) {
    TRY(const Step step, writer->step());
    worked |= step == Step::worked;
  }
  return worked ? Step::worked : Step::idle;
}

}  // namespace spate
