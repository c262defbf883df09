// Opening the partitions of an engine: their processors, what these hold, the mailboxes to them.
#include "engine/app/digests_folder.hpp"
#include "engine/app/domain_plan.hpp"
#include "engine/app/engine.hpp"
#include "engine/app/ring_sizes.hpp"
#include "engine/state/id_manifest.hpp"

namespace spate {
namespace {

constexpr std::size_t recent_id_bytes = 64;  // a slot and its share of empty ones

}  // namespace

Result<void> Engine::open_partitions() {
  const Topology& topology = log().topology();
  const auto total = static_cast<uint32_t>(topology.partitions().size());
  TRY(suspects_.open(config_.data + "/breadcrumbs", log().identity().id, total));
  const uint32_t threads = config_.threads.processor;
  const std::size_t ring = ring_sizes(config_).mailbox_bytes;
  if (cluster() != nullptr) cluster()->make_rings(config_.threads.edge, threads);
  for (uint32_t e = 0; e < config_.threads.edge; ++e) {
    mailboxes_.emplace_back();
    for (uint32_t p = 0; p < threads; ++p)
      mailboxes_.back().push_back(std::make_unique<Mailbox>(ring, ring));
  }
  for (uint32_t p = 0; p < threads; ++p) {
    std::vector<Mailbox*> boxes;
    for (auto& edge : mailboxes_) boxes.push_back(edge[p].get());
    if (cluster() != nullptr) boxes.push_back(&cluster()->from_nodes(p));
    GroupLimits limits = config_.processors;
    limits.dirty_bytes_max = memory_.dirty_rows_bytes / 2 / threads;
    groups_.push_back(std::make_unique<ProcessorGroup>(std::move(boxes), total, limits));
    if (cluster() != nullptr)
      groups_.back()->hand_on(&cluster()->handoff(p),
                              static_cast<uint16_t>(config_.threads.edge));
  }
  routes_ = std::make_unique<MailboxRoutes>(processor_of());
  homes_.resize(total);
  std::vector<Checkpointing*> checkpoints;
  for (const PartitionId id : topology.partitions()) {
    TRY(Checkpointing* const checkpoint, open_partition(id));
    checkpoints.push_back(checkpoint);
  }
  checkpointer_ = std::make_unique<Checkpointer>(std::move(checkpoints));
  return {};
}

Result<Checkpointing*> Engine::open_partition(PartitionId id) {
  const uint32_t dense = log().topology().dense_index(id);
  const DomainPlan* plan = plan_of(id);
  const std::string name = plan->name + "-" + std::to_string(id.index);
  PartitionHome& home = homes_[dense];
  home.store = stores_->partition(id);
  IdTableLimits ids;
  RowTableLimits rows;
  ids.filter_room = rows.filter_room = filter_room_;
  rows.dirty_bytes_max = memory_.dirty_rows_bytes / 2;
  rows.clean_bytes_max = memory_.clean_rows_bytes / 2;
  rows.undo_bytes_max = memory_.undo_bytes;
  rows.hash_seed = log().identity().id.lo;
  rows.filter_path = config_.data + "/filters/" + name;
  rows.journal_path = digests_folder(config_.data) + "/" + name;
  rows.log = log().identity();
  home.rows = std::make_unique<RowTable>(*home.store, rows);
  ids.recent_ids_max = memory_.recent_ids_bytes / 2 / recent_id_bytes;
  ids.written_filter_bytes_max = memory_.id_filter_bytes / 3;  // one thread writes, one at a time
  home.ids = std::make_unique<IdTable>(ids_folder(config_.data, plan->name, id.index), ids);
  TRY(open_ids(*home.ids, name));
  PartitionParts parts;
  parts.id = id;
  parts.dense = dense;
  parts.domain = plan->domain;
  parts.row_schema_digest = plan->row_schema_digest;
  parts.log = &log();
  parts.store = home.store.get();
  parts.rows = home.rows.get();
  parts.ids = home.ids.get();
  parts.clock = &clock_;
  parts.suspects = &suspects_;
  parts.checkpointer = &checkpoint_bell_;
  parts.tell = on_note_;
  parts.confirm_clock = config_.confirm_clock;
  if (cluster() != nullptr) parts.elsewhere = &cluster()->is_elsewhere(dense);
  parts.follows = cluster() != nullptr && config_.cluster.standby > 0;
  ProcessorGroup& group = *groups_[dense % groups_.size()];
  ProcessorLimits limits = config_.processor;
  if (cluster() != nullptr) limits.common_period_ns = limits.checkpoint_interval_ns;
  group.add(parts, limits);
  PartitionProcessor& processor = *group.partitions().back();
  partition_views_.push_back({id, plan, &processor});
  return &processor.checkpointing();
}

/// Ids of another log, or of this one before a restore, would call new commands duplicates.
Result<void> Engine::open_ids(IdTable& ids, const std::string& name) {
  const Result<void> opened = ids.open(log().identity());
  if (opened || opened.error().code != "ids_foreign") return opened;
  tell("ids of " + name + ": " + opened.error().detail + "; forgotten, folded again");
  return ids.clear();
}

}  // namespace spate
