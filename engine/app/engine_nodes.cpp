// What an engine does together with the other nodes of its log: links, shipped checkpoints, and
// comparing what they folded.
#include "engine/app/engine.hpp"

#include "engine/app/digests_folder.hpp"
#include "engine/app/fold_aside.hpp"
#include "engine/app/log_fold.hpp"
#include "engine/app/scanned_note.hpp"

namespace spate {
namespace {

constexpr int64_t shipper_idle_ns = 50'000'000;
constexpr int64_t compare_idle_ns = 250'000'000;

}  // namespace

/// From now on the routes follow the owners of the partitions.
Result<void> Engine::open_cluster() {
  if (cluster() == nullptr) return {};
  return cluster()->open(log(), clock_, *routes_, processor_of());
}

void Engine::open_shipping() {
  if (cluster() == nullptr || config_.checkpoints.directory.empty()) return;
  if (config_.cluster.standby == 0)
    return tell("checkpoints are not shipped by this node: with cluster.standby = 0 it has the rows "
                "of its own partitions alone");
  shipping_ = std::make_unique<CheckpointShipping>(
      config_,
      CheckpointSource::Parts{config_.data, cluster()->address(), home_.get(), stores_.get(),
                              generations_.get()},
      clock_, [this] { settle_stores(); }, [this](const std::string& what) { tell(what); });
  shipping_runner_ = std::make_unique<Runner>(
      "shipper", shipper_idle_ns,
      [this] { return compare_->has_difference() ? Result<Step>(Step::idle) : shipping_->step(); },
      on_fault_);
}

void Engine::settle_stores() {
  home_->want_notes();
  for (auto& group : groups_) group->want_checkpoint();
  for (auto& projector : projectors_) projector->want_freeze();
  for (auto* runners : {&processor_runners_, &projector_runners_})
    for (auto& runner : *runners) runner->bell().ring();
}

void Engine::open_compare() {
  if (cluster() == nullptr) return;
  const ScratchFolder left(aside_folder());  // by a process that was killed
  LiveCompare::Parts parts;
  parts.topology = log().topology();
  parts.owners = &cluster()->owners();
  parts.mail = &cluster()->digests();
  parts.clock = &clock_;
  parts.interval_ns = config_.processor.checkpoint_interval_ns / 2;
  parts.recorded = [this](PartitionId id, DigestOf of) {
    return of == DigestOf::rows ? recorded_rows(id) : recorded_views(id);
  };
  parts.differs = [this](const LiveCompare::Finding& finding) { differs(finding); };
  compare_ = std::make_unique<LiveCompare>(std::move(parts));
  compare_runner_ = std::make_unique<Runner>(
      "compare", compare_idle_ns,
      [this] { return compare_ends_ ? Result<Step>(Step::idle) : compare_->step(); }, on_fault_);
}

LiveCompare::Recorded Engine::recorded_rows(PartitionId id) const {
  const DomainPlan& plan = *plan_of(id);
  const RowTable& rows = *homes_[log().topology().dense_index(id)].rows;  // it outlives who looks
  return {{std::shared_ptr<void>(), &rows.journal()},
          plan.row_schema_digest,
          plan.domain->handler->evolve_version};
}

/// Of what serves: an older generation may be of another version, a newer one is not whole.
LiveCompare::Recorded Engine::recorded_views(PartitionId id) const {
  const Generations::Serving serving = generations_->serving();
  const Generation& generation = serving.of(plan_of(id)->name);
  const ProjectedDomain& domain = generation.views->domain(id.domain);
  return {generation.views->partition(id).sum().journal(), domain.schema_digest,
          domain.projection->version, generation.number};
}

/// Who owns the partition is asked for answers; who does not finds out which of both are right:
/// what the log says, folded afresh. What lies damaged on the owner's disk its scan finds.
void Engine::differs(const LiveCompare::Finding& finding) {
  if (finding.is_asked) {
    tell(finding.text + ". That node folds them afresh to see which are right; what is stored here "
                        "is scanned");
    (void)scan_->ask();  // unless one is under way
    return;
  }
  tell(finding.text + ": to see which are right they are folded afresh from the log");
  judge(finding, PartitionProcessor::Rows::in_doubt, finding.text);
  const FoldAside aside({&log(), &catalog_, aside_folder(), memory_.rebuild_bytes / 8,
                         &compare_ends_});
  const Result<Hash128> truth = finding.of == DigestOf::rows
                                    ? aside.rows(finding.partition, finding.ours)
                                    : aside.views(finding.partition, finding.ours);
  if (!truth) return leave_undecided(finding, truth.error());
  if (*truth == finding.ours.digest)
    return go_on(finding, "the log says what is here, so that node's are wrong: stop it, and let it "
                          "fold them again (README, *Nodes compare*)");
  hold_back(finding,
            finding.text + (*truth == finding.theirs.digest
                                ? ": the log says what is there, so those here are wrong"
                                : ": the log says neither: folding them depends on more than the log"));
}

void Engine::leave_undecided(const LiveCompare::Finding& finding, const Fault& why) {
  if (why.code == "log_differs")
    return go_on(finding,
                 "these outcomes are not in this log: that says nothing of what is folded from it");
  if (why.code != "cancelled") return leave_unknown(finding, why.detail);
  tell(finding.text + ": the server ends before the log has said which are right");
  judge(finding, PartitionProcessor::Rows::left_in_doubt, finding.text);
}

void Engine::go_on(const LiveCompare::Finding& finding, const std::string& why) {
  tell(finding.text + ": " + why);
  judge(finding, PartitionProcessor::Rows::right, "");
}

/// Nothing is judged, so nothing is marked; but nobody decides on rows of which that is not known.
void Engine::leave_unknown(const LiveCompare::Finding& finding, const std::string& reason) {
  const std::string why =
      finding.text + ": which are right is not known (" + reason + "). " +
      (finding.of == DigestOf::rows
           ? "This node stands still there, and ends when it would have to decide on them"
           : "They go on as they are") +
      "; its next life compares again";
  tell(why);
  judge(finding, PartitionProcessor::Rows::wrong, why);
}

/// Rows stand still, and no start decides on them.
void Engine::hold_back(const LiveCompare::Finding& finding, const std::string& why) {
  const PartitionId id = finding.partition;
  if (finding.of == DigestOf::views) return scan_->hold_back(id, finding.generation, why);
  const auto marked = marks_.add(
      config_.data + "/rows",
      {plan_of(id)->name, id.index,
       why + " (remove " + digests_folder(config_.data) + " as well: it says the same)"});
  if (!marked) tell(marked.error().detail);
  const std::string text = why + unequal_rows_remedy(config_.data);
  tell(text);
  judge(finding, PartitionProcessor::Rows::wrong, text);
}

/// Views decide nothing: nobody waits for a verdict on them.
void Engine::judge(const LiveCompare::Finding& finding, PartitionProcessor::Rows rows,
                   const std::string& why) {
  if (finding.of != DigestOf::rows) return;
  const uint32_t dense = log().topology().dense_index(finding.partition);
  partition_views_[dense].processor->judge(rows, why);
  processor_runners_[dense % processor_runners_.size()]->bell().ring();
}

}  // namespace spate
