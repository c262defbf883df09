// Open files: how many this process may have, and how many of them connections may take.
#pragma once
#include <cstddef>

namespace spate {

/// Raises the soft limit of open files to the hard one, as servers do: shells set the soft one low
/// for programs that use select. How many may be open then.
std::size_t raise_open_files();

/// `wanted` connections, or as many as leave the log, rows and views the files that they need: a
/// log that cannot open its next segment would end the process.
std::size_t connections_within(std::size_t files, std::size_t wanted);

}  // namespace spate
