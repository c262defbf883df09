// What a running server does in the background when told to: a snapshot, a scan.
#pragma once
#include <functional>
#include <string>

#include "engine/cli/client.hpp"

namespace spate::cli {

struct BackgroundOrder {
  std::string target;  ///< POST gives the order, GET tells how it is
  std::string wish;    ///< JSON
  std::string unreachable = {};  ///< said before the fault when it does not answer any more
  std::function<std::string(const JsonValue& status)> progress;  ///< for a terminal
};

/// Gives the order and looks until it has ended: exit_done with its last status. Anything else was
/// told already.
int give(const BackgroundOrder& order, const std::string& server, JsonValue& status,
         Console& console);

/// `--data` beside `--server` or `--rate`.
int tell_one_or_the_other(Console& console);

}  // namespace spate::cli
