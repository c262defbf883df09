// ViewDiff: walks two generations of one projection in key order, in slices, and counts.
#pragma once
#include <memory>
#include <optional>

#include "engine/base/step.hpp"
#include "engine/projector/view_digest.hpp"
#include "engine/projector/view_store.hpp"
#include "engine/replay/diff_report.hpp"
#include "engine/replay/view_text.hpp"

namespace spate {

/// Everything outlives it; both snapshots stand at the same position of each partition.
class ViewDiff {
 public:
  struct Sides {
    ViewSnapshot& before;
    ViewSnapshot& after;
    /// False: stored by another schema, so that its fields cannot be read by this one.
    bool is_readable = true;
  };
  /// `shapes` by the view's id.
  ViewDiff(uint16_t domain, std::span<const ViewShape> shapes, Sides sides, const ViewText& text,
           std::size_t examples_max);

  /// Compares about `views_max` more. Idle: it has seen all. Faults: a store cannot be read.
  Result<Step> step(std::size_t views_max);
  /// Of what it has seen; one entry a view.
  std::vector<ViewDifference>& result() { return result_; }

 private:
  struct Walk {
    std::unique_ptr<ViewCursor> before, after;
    ViewDigest before_digest, after_digest;
  };
  bool begin_next();
  Result<bool> compare_next();
  void compare(std::string_view key, Bytes old_value, Bytes new_value);
  void only(DiffExample::Kind kind, std::string_view key);
  void add_example(DiffExample&& example);

  const uint16_t domain_;
  const std::span<const ViewShape> shapes_;
  const Sides sides_;
  const ViewText& text_;
  const std::size_t examples_max_;
  std::size_t section_ = 0;  // 2 a view: the views, their order in lists
  std::optional<Walk> walk_;
  std::vector<ViewDifference> result_;
};

}  // namespace spate
