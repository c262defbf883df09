// The folds of processors and projectors, into stores that are thrown away.
#include "engine/app/log_digests.hpp"

#include <filesystem>

#include "engine/app/log_fold.hpp"
#include "engine/app/projected_domains.hpp"
#include "engine/projector/rocks_views.hpp"
#include "engine/state/rocks_state.hpp"

namespace spate {

Result<std::vector<PartitionDigests>> fold_digests(Log& log, const Catalog& catalog,
                                                   const std::string& folder) {
  const Topology& topology = log.topology();
  TRY(check_domains(topology, catalog));
  std::error_code ignored;  // the next line tells it
  std::filesystem::create_directories(folder, ignored);
  TRY(const auto rows, RocksStateStores::open(folder + "/rows"));
  TRY(const auto store, RocksViews::open(folder + "/views", {}));
  std::vector<PartitionDigests> digests;
  for (const DomainPlace& place : topology.domains()) {
    const DomainPlan& plan = *catalog.find(place.name);
    for (uint16_t index = 0; index < place.partitions; ++index) {
      const PartitionId id{place.number, index};
      const auto rows_of = rows->partition(id);
      TRY(const Hash128 digest, fold_rows(log, plan, id, *rows_of, {}, true));
      digests.push_back({id, digest, {}});
    }
  }
  ProjectedViews views(topology, projected_domains(topology, catalog), *store);
  TRY(fold_views(log, views));
  for (PartitionDigests& of : digests) {
    const std::string stopped = views.stopped(of.id);
    if (!stopped.empty()) return stop("views_stopped", stopped);
    TRY(of.views, views.digest(of.id));
  }
  return digests;
}

}  // namespace spate
