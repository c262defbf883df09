// Command: one subcommand of `spate`: what it is called, what it takes, what it does.
#pragma once
#include <iosfwd>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/base/result.hpp"

namespace spate::cli {

/// What scripts rely on.
enum ExitCode : int {
  exit_done = 0,
  exit_no = 1,           ///< the answer is no: rejected, verification failed
  exit_usage = 2,        ///< usage or environment
  exit_unreachable = 3,
  exit_timed_out = 4,
  exit_stopped = 5,      ///< serve had to stop while running
};

/// Where a command reads and writes; tests give it strings.
struct Console {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool terminal = false;  ///< err is one: progress may rewrite its line
};

/// A flag (`--rate`, `-o,--output`) or, without dashes, an argument by its place. Of a list: one or
/// more values.
struct Option {
  std::string names;
  std::variant<std::string*, uint64_t*, double*, bool*, std::vector<std::string>*> into;
  std::string about;
  bool required = false;
  std::vector<std::string> choices = {};
  uint64_t min = 0;  ///< of a number that is given
  uint64_t max = std::numeric_limits<uint64_t>::max();
};

class Command {
 public:
  virtual ~Command() = default;
  /// The words behind `spate`: "send", "log verify".
  virtual std::string_view name() const = 0;
  virtual std::string_view summary() const = 0;
  /// Shown below the flags: what to expect, and examples that work.
  virtual std::string_view lesson() const = 0;
  virtual std::vector<Option> options() = 0;
  /// After the options were filled in. The exit code.
  virtual int run(Console& console) = 0;
};

/// Every subcommand, in the order that `spate --help` lists them.
std::vector<std::unique_ptr<Command>> all_commands();

/// Parses and runs. Usage errors are told on `console.err` with the nearest name.
int run(const std::vector<std::string>& arguments, Console& console);

/// Tells a fault and gives its exit code.
int tell(const Fault& fault, Console& console);
/// As `tell`, for who verifies a log: rot that was found there is the answer (1), not a failure.
int tell_of_verified(const Fault& fault, Console& console);
/// What `--threads` means to who walks a log: 0 is one a core. Faults: `usage` (more than 256).
Result<unsigned> threads_of(uint64_t wanted);

}  // namespace spate::cli
