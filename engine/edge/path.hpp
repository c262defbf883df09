// Paths and queries: split and percent-decoded once, never normalised.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/edge/problem.hpp"

namespace spate::edge {

/// Decodes `%XX` once; `+` stays a plus. False: a bad escape, `%00`, or (paths) `%2F`.
bool percent_decoded(std::string_view text, bool is_path, std::string& out);
/// Everything but unreserved characters escaped.
std::string percent_encoded(std::string_view text);

/// The decoded segments of `path` ("/v1/a" → "v1", "a"), or the fault of the path.
/// A segment may not be empty, `.` or `..`, also when written with escapes.
std::optional<Problem> split_path(std::string_view path, std::vector<std::string>& segments);

using Parameters = std::vector<std::pair<std::string, std::string>>;
/// `a=1&b=2`, decoded; a parameter without `=` has an empty value. All faults at once; what is
/// right is in `parameters` all the same.
std::optional<Problem> split_query(std::string_view query, Parameters& parameters);

}  // namespace spate::edge
