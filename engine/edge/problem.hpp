// Problem: an error answer as RFC 9457 says, and the table of the problems the edge itself knows.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/handler.hpp"
#include "engine/base/json_writer.hpp"
#include "engine/base/result.hpp"
#include "engine/edge/message.hpp"

namespace spate::edge {

/// One thing wrong with a request, at a place of its body, path, query or headers.
struct WireFault {
  enum class Place : uint8_t { pointer, parameter, header };
  Place place = Place::pointer;
  std::string name;
  std::string detail;
};

struct Problem {
  int status = 400;
  std::string_view code;  ///< a row of `problem_kinds`
  std::string detail;
  std::vector<WireFault> errors;
  std::string_view taken;  ///< of a 503 to a command: `no` or `unknown`
  std::string command_id;
  std::string allow;  ///< of a 405
};

/// What a problem means and what to do next: the page at its `type`.
struct ProblemKind {
  std::string_view code;
  int status;
  std::string_view title;
  std::string_view meaning;
};
std::span<const ProblemKind> problem_kinds();
const ProblemKind* find_problem_kind(std::string_view code);

using WireFaults = std::vector<WireFault>;
/// Adds the faults that a 400 names, so that one answer tells all of them.
void gather(std::optional<Problem> problem, WireFaults& faults);

Problem malformed(WireFaults errors);
Problem malformed(FieldFaults&& faults);
Problem bad_parameter(std::string_view name, std::string detail);
Problem bad_header(std::string_view name, std::string detail);
/// A 404 of `code` that lists what exists and suggests the nearest.
Problem not_found(std::string_view code, std::string_view what, std::string_view asked,
                  std::span<const std::string> existing);
/// `taken`: `no` when nothing happened, `unknown` when it may have.
Problem unavailable(std::string_view code, std::string detail, std::string_view taken = {});

/// What a log says that could not be read: a broker is away, which is waited for, or rot.
Problem unreadable(const Fault& fault, std::string_view taken = {});

/// Members of the problem, without the braces.
void write_problem(const Problem& problem, std::string_view trace_id, JsonWriter& out);
/// `retry_after_s` is sent with every 503.
Response to_response(const Problem& problem, std::string_view trace_id, int64_t retry_after_s);

}  // namespace spate::edge
