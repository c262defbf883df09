// Problem pages: what stands at the `type` of a problem: what it means, what to do next.
#pragma once
#include <string>
#include <string_view>

#include "engine/codec/catalog.hpp"

namespace spate {

/// A problem in words. `meaning` says what happened, `remedy` what to do next; either may be empty.
struct ProblemText {
  std::string_view title;  ///< Sold out
  std::string_view code;   ///< sold_out
  int status = 0;
  std::string_view meaning;
  std::string_view remedy;
};

/// `sold_out` → `Sold out`.
std::string in_words(std::string_view snake_name);

/// 409, or 412 for `precondition_failed`.
int rejection_status(const RejectionPlan& rejection);
/// From the schema's doc comment: its first sentence is the meaning, the rest the remedy.
/// The views live as long as the plan.
ProblemText problem_text(const RejectionPlan& rejection);

/// A small page without scripts, styles from elsewhere or anything from the request.
std::string problem_page_html(const ProblemText& problem);
std::string problem_page_text(const ProblemText& problem);

}  // namespace spate
