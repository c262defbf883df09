// Batches of real envelopes for tests of logs, numbered and chained as a processor would.
#pragma once
#include <string>

#include "engine/log/log.hpp"

namespace spate {

/// One domain a name, each with so many partitions; numbers from 1.
Topology log_topology(std::initializer_list<std::pair<const char*, uint16_t>> domains);

BatchPtr command_batch(PartitionId partition, Cause first, std::size_t count,
                       std::string_view text = "payload");
/// Outcomes of the commands `first_cause`, +1, … that continue `tail`, which they advance.
BatchPtr outcome_batch(PartitionId partition, Tail& tail, Epoch epoch, Cause first_cause,
                       std::size_t count, std::string_view text = "reason");

/// "commands 1.0: 1 2 3" — what a log holds of one side of a partition, read from `from` on.
std::string numbers_in(Log& log, LogSide side, PartitionId partition, uint64_t from = 1);

}  // namespace spate
