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
  Step all = Step::idle;
  for (const auto& writer : writers_) {
    TRY(const Step step, writer->step());
    if (all != Step::worked && step != Step::idle) all = step;
  }
  return all;
}

}  // namespace spate
