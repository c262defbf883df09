// What scans leave in a data directory, and what they say one has to do.
#pragma once
#include <string>

#include "engine/base/ids.hpp"

namespace spate {

/// Where copies are linked while they are read.
std::string scan_folder(const std::string& data);
/// When the last scan was completed; 0: none was, or nobody knows.
Instant scanned_at(const std::string& data);
/// A disk on which it cannot be kept costs an early scan, nothing else.
void note_scanned(const std::string& data, Instant at);

std::string rows_remedy(const std::string& data);
/// Where two nodes folded other rows from the same outcomes.
std::string unequal_rows_remedy(const std::string& data);
std::string views_remedy(const std::string& projection);

}  // namespace spate
