// Raw records: what a command of codec `raw` holds of the record that became no command.
#pragma once
#include "engine/api/envelope.hpp"

namespace spate {

/// Null when the payload is none: a log may hold what another build wrote.
const envelope::RawRecord* raw_record_of(const envelope::Command& command);

}  // namespace spate
