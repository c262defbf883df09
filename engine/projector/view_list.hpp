// Pages of lists: stream views in key order or newest first, items of one stream in key order.
#pragma once
#include "engine/projector/merged_views.hpp"
#include "engine/projector/view_reader.hpp"

namespace spate {

/// Requires: `partitions` are all of the domain, in order; for items the stream's own alone.
Result<ListPage> list_views(const ListQuery& query, ViewShape shape,
                            const std::vector<PartitionViews*>& partitions);

}  // namespace spate
