// PastView of the command line: a view as it was, folded from the log of a stopped directory.
#pragma once
#include <string>

#include "engine/base/result.hpp"

namespace spate::cli {

struct PastRequest {
  std::string data;
  std::string as_of;
  uint64_t budget = 100'000'000;  ///< outcomes
  uint64_t limit = 100;           ///< of items
  std::string cursor;             ///< of items: the key of the last one before
};

/// `path` is a stream, perhaps with a view below it: "sale-1", "sale-1/claims", "sale-1/claims/ann".
/// Gives the JSON that a server would. Faults: `unknown_domain`, `unknown_view`, `unknown_stream`,
/// `unknown_item`, `position_unknown`, `past_too_far`, `usage`; of the directory.
Result<std::string> view_of_the_past(const std::string& domain, const std::string& path,
                                     const PastRequest& request);

}  // namespace spate::cli
