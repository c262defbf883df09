// What the other thread is asked for, and what it says.
#include "engine/projector/writes_beside.hpp"

namespace spate {

Result<Step> WritesBeside::step(const std::shared_ptr<ViewCheckpointer>& writer, bool is_beside) {
  if (is_under_way_) {
    std::optional<Result<Step>> ended = beside_->ended();
    if (!ended) return Step::blocked;
    is_under_way_ = false;
    return std::move(*ended);
  }
  if (beside_ == nullptr || !is_beside || !writer->is_due()) return writer->step();
  is_under_way_ = true;
  beside_->begin([writer] { return writer->step(); });
  return Step::worked;
}

bool WritesBeside::is_over() {
  if (is_under_way_ && beside_->ended()) is_under_way_ = false;
  return !is_under_way_;
}

Result<void> WritesBeside::finish() {
  if (!is_under_way_) return {};
  beside_->wait();
  is_under_way_ = false;
  TRY(*beside_->ended());
  return {};
}

}  // namespace spate
