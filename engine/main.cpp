// spate: the one binary; all it does is a subcommand.
#include <unistd.h>

#include <csignal>
#include <exception>
#include <iostream>

#include "engine/cli/command.hpp"

/// Read by jemalloc at start: tables of tens of megabytes are probed at random, and with small
/// pages most of a probe is the page walk (15 % of the CPU of a redemption).
extern "C" {
extern const char* const malloc_conf;
const char* const malloc_conf = "thp:always";
}

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a reader that went away is a failed write, not a death
  std::ios::sync_with_stdio(false);
  spate::cli::Console console{std::cin, std::cout, std::cerr, isatty(STDERR_FILENO) == 1};
  try {
    const int code = spate::cli::run({argv + 1, argv + argc}, console);
    std::cout.flush();
    return code;
  } catch (const std::exception& error) {  // what a library threw and no door caught
    std::cerr << "spate: " << error.what() << "\n";
    return spate::cli::exit_usage;
  }
}
