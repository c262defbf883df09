// What a start knows of the deaths before it.
#include "engine/app/held_back.hpp"

#include <algorithm>
#include <map>

#include "engine/api/envelope.hpp"
#include "engine/app/differs_mark.hpp"
#include "engine/app/domain_plan.hpp"
#include "engine/base/place_text.hpp"

namespace spate {
namespace {

/// "added of stream 's-1'".
std::string events_of(Log& log, const DomainPlan& plan, PartitionId id, Sequence outcome) {
  const Result<BatchPtr> batch = log.read(LogSide::outcomes, id, outcome.value, 1);
  if (!batch || *batch == nullptr) return "which cannot be read just now";
  std::string text;
  for (const RecordView record : **batch) {
    const envelope::Outcome& found = outcome_of(record.body);
    if (record.head.number != outcome.value || found.events() == nullptr) continue;
    for (const envelope::Event* event : *found.events()) {
      const EventPlan* known = plan.event(event->type());
      text += (text.empty() ? "" : ", ") +
              (known == nullptr ? "type " + std::to_string(event->type()) : std::string(known->name()));
    }
    text += " of stream '" + std::string(text_of(found.stream())) + "'";
  }
  return text;
}

ProjectedViews::HeldBack held_back(const Generation& generation, const DomainPlace& place,
                                   std::string reason) {
  ProjectedViews::HeldBack held{std::move(reason), {}};
  for (uint16_t index = 0; index < place.partitions; ++index)
    held.until.push_back(generation.witness->harmless({place.number, index}));
  return held;
}

}  // namespace

std::vector<std::string> hold_deadly_back(
    const std::vector<std::pair<Generation*, PartitionId>>& followed, Log& log,
    const Catalog& catalog) {
  std::vector<std::string> told;
  for (const auto& [generation, id] : followed) {
    if (generation->witness == nullptr || generation->views->held(id.domain) != nullptr) continue;
    const std::optional<Sequence> deadly = generation->witness->deadly(id);
    if (!deadly) continue;
    const DomainPlan& plan = plan_of(catalog, log.topology(), id.domain);
    std::string reason = "the process died twice while the projection " + plan.name +
                         " folded outcome " + std::to_string(deadly->value) + " of " + plan.name +
                         "/" + std::to_string(id.index) + " (" +
                         events_of(log, plan, id, *deadly) +
                         "): its views serve as they were before; correct the projection, then "
                         "run `spate replay rebuild " + plan.name + "`";
    told.push_back("generation " + std::to_string(generation->number) + ": " + reason);
    const DomainPlace* place = find_domain(log.topology().domains(), id.domain);
    generation->views->hold_back(id.domain, held_back(*generation, *place, reason));
  }
  return told;
}

std::vector<std::string> hold_differing_back(
    const std::vector<std::pair<Generation*, PartitionId>>& followed, const Topology& topology,
    const RocksGenerations& home) {
  std::map<std::pair<Generation*, uint16_t>, ProjectedViews::HeldBack> held;
  std::vector<std::string> told;
  for (const auto& [generation, id] : followed) {
    ProjectedViews::HeldBack& back = held[{generation, id.domain}];
    back.until.resize(std::max<std::size_t>(back.until.size(), id.index + 1),
                      ProjectedViews::HeldBack::not_this_one);
    const std::string place = place_text(topology.domains(), id);
    for (const DifferingPartition& marked : marked_differing(home.path_of(generation->number))) {
      if (place_text(marked.domain, {0, marked.index}) != place) continue;
      const auto at = generation->store->checkpoint(id);
      back.until[id.index] = at && *at ? (*at)->sequence : Sequence{};
      if (back.reason.empty()) back.reason = marked.why;
      told.push_back("views stopped: " + marked.why);
    }
  }
  for (auto& [of, back] : held)
    if (!back.reason.empty() && of.first->views->held(of.second) == nullptr)
      of.first->views->hold_back(of.second, std::move(back));
  return told;
}

}  // namespace spate
