// Held back: projections whose fold ended the process twice fold no further, the rest goes on (E4).
#pragma once
#include <string>
#include <vector>

#include "engine/app/rocks_generations.hpp"
#include "engine/codec/catalog.hpp"
#include "engine/log/log.hpp"
#include "engine/replay/generations.hpp"

namespace spate {

/// Of what is folded live. A projection is held back as a whole, in every partition where it was
/// when the process died: the event that ended it may lie in wait in all of them. A sentence for
/// each, which says what to do. Before a projector is made of them.
std::vector<std::string> hold_deadly_back(
    const std::vector<std::pair<Generation*, PartitionId>>& followed, Log& log,
    const Catalog& catalog);

/// The same for partitions of views that a scan found other than recorded: these alone, where they
/// are stored.
std::vector<std::string> hold_differing_back(
    const std::vector<std::pair<Generation*, PartitionId>>& followed, const Topology& topology,
    const RocksGenerations& home);

}  // namespace spate
