// Hard links: nothing is copied here, and what is removed meanwhile stays until it is shipped.
#include "engine/app/checkpoint_source.hpp"

#include "engine/projector/rocks_views.hpp"
#include "engine/state/file.hpp"
#include "engine/state/id_run.hpp"
#include "engine/state/id_snapshot.hpp"
#include "engine/state/rocks_snapshot.hpp"

namespace spate {

std::string taken_folder(const std::string& data) { return data + "/shipped"; }

std::string ids_folder(const std::string& data, const std::string& domain, uint16_t index) {
  return data + "/ids/" + domain + "-" + std::to_string(index);
}

Result<ShippedCheckpoint> CheckpointSource::take(const std::string& folder) {
  ShippedCheckpoint taken;
  taken.by = parts_.node;
  TRY(taken.partitions, parts_.home->take_notes(folder));
  const Generations::Serving serving = parts_.views->serving();
  for (ShippedPartition& p : taken.partitions) {
    TRY(const auto rows, parts_.rows->partition(p.id)->checkpoint());
    TRY(const auto views, serving.of(p.domain).store->checkpoint(p.id));
    if (rows) p.rows = rows->sequence;
    if (views) p.views = views->sequence;
    TRY(const auto covered, snapshot_ids(ids_folder(parts_.data, p.domain, p.id.index),
                                         ids_folder(folder, p.domain, p.id.index)));
    if (covered) p.ids = *covered;
  }
  TRY(parts_.rows->snapshot(folder + "/rows"));
  TRY(take_views(serving, folder + "/views"));
  return taken;
}

/// The generations that serve, and the plan that says so.
Result<void> CheckpointSource::take_views(const Generations::Serving& views,
                                          const std::string& folder) const {
  for (const auto& generation : views.generations)
    TRY(static_cast<RocksViews&>(*generation->store).snapshot(folder));
  TRY(state::File plan, state::File::create(folder + "/plan"));
  TRY(plan.write(0, as_bytes(views.plan.text())));
  return plan.sync();
}

Result<void> CheckpointSource::verify(const std::string& path) {
  if (path.ends_with(".sst")) return verify_table(path);
  if (!path.ends_with(".ids")) return {};
  TRY(const auto run, IdRun::open(path, 0, std::make_shared<FilterRoom>(0)));
  IdPage page;
  for (uint64_t i = 0; i < run->pages(); ++i) TRY(run->read_page(i, page));
  return {};
}

}  // namespace spate
