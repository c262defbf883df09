// DigestsFolder: where the journals of digests lie in a data directory.
#pragma once
#include <string>

namespace spate {

/// One file a partition: DATA/digests/DOMAIN-INDEX.
inline std::string digests_folder(const std::string& data) { return data + "/digests"; }

}  // namespace spate
