// EngineKit: the whole engine below the edge, every domain, over a memory log; stepped by hand.
#pragma once
#include <atomic>

#include "engine/codec/catalog.hpp"
#include "engine/edge/context.hpp"
#include "engine/log/memory_log.hpp"
#include "engine/processor/processor_group.hpp"
#include "engine/projector/memory_views.hpp"
#include "engine/projector/projector.hpp"
#include "engine/replay/past_fold.hpp"
#include "engine/state/memory_state.hpp"

namespace spate::edge {

struct EngineKit {
  static constexpr uint16_t partitions_per_domain = 2;
  static constexpr std::size_t past_bytes_max = 64 << 10;

  explicit EngineKit(const Clock& clock, std::size_t ring_bytes = 8 << 20)
      : catalog(Catalog::load(domains()).value()),
        log(topology_of(*catalog)),
        views(log.topology(), projected(*catalog, log.topology()), view_store),
        routes(std::vector<uint32_t>(log.topology().partitions().size(), 0)),
        mailbox(ring_bytes, ring_bytes),
        group({&mailbox, &from_nodes}, static_cast<uint32_t>(log.topology().partitions().size())) {
    const auto& all = log.topology().partitions();
    suspects.open_in_memory(static_cast<uint32_t>(all.size()));
    mailbox.processor_bell = &bell;
    mailbox.edge_bell = &bell;
    for (uint32_t dense = 0; dense < all.size(); ++dense) add(dense, clock);
    projector = std::make_unique<Projector>(log, views, all, ProjectorLimits{});
    ENSURE(projector->open().has_value());
    while (step()) {  // until every partition is ready
    }
  }

  EdgeContext context(const Clock& clock, EdgeLimits limits = {}) {
    EdgeContext c{
        .catalog = *catalog, .log = log, .views = views, .clock = clock, .routes = routes,
        .limits = limits};
    c.past = &past;
    c.mailboxes = {{&mailbox, &elsewhere}};
    return c;
  }

  /// Processors decide what they were sent; nothing becomes durable by it.
  void decide() {
    while (group.step().value() == Step::worked) {
    }
  }
  void project() {
    while (projector->step() == Step::worked) {
    }
  }
  /// One turn of everything; false when nothing moved.
  bool step() {
    bool moved = group.step().value() == Step::worked;
    moved |= log.step() == Step::worked;
    moved |= projector->step() == Step::worked;
    return moved;
  }

  std::unique_ptr<Catalog> catalog;
  MemoryLog log;
  MemoryViews view_store;
  ProjectedViews views;
  LogPast past{log, projected(*catalog, log.topology()), past_bytes_max};
  MailboxRoutes routes;
  Mailbox mailbox;
  Mailbox elsewhere{1 << 20, 1 << 20};   ///< from the edge to other nodes; here nobody answers
  Mailbox from_nodes{1 << 20, 1 << 20};  ///< from other nodes to the processors
  ProcessorGroup group;
  std::unique_ptr<Projector> projector;

 private:
  static Topology topology_of(const Catalog& catalog) {
    std::vector<DomainPlace> places;
    for (const DomainPlan& d : catalog.domains())
      places.push_back({d.name, static_cast<uint16_t>(places.size() + 1), partitions_per_domain});
    return Topology(std::move(places));
  }
  static std::vector<ProjectedDomain> projected(const Catalog& catalog, const Topology& topology) {
    std::vector<ProjectedDomain> out;
    for (const DomainPlan& d : catalog.domains()) {
      ProjectedDomain p{topology.find(d.name)->number, d.domain->projection, {}, 1};
      for (const ViewPlan& v : d.views) {
        if (p.shapes.size() <= v.id) p.shapes.resize(v.id + 1u);
        p.shapes[v.id] = v.shape;
      }
      out.push_back(std::move(p));
    }
    return out;
  }
  void add(uint32_t dense, const Clock& clock) {
    stores.push_back(std::make_unique<MemoryState>());
    rows.push_back(std::make_unique<RowTable>(*stores.back(), RowTableLimits{}));
    ids.push_back(std::make_unique<IdTable>("", IdTableLimits{}));
    PartitionParts parts;
    parts.id = log.topology().partitions()[dense];
    parts.dense = dense;
    const std::size_t place = dense / partitions_per_domain;
    parts.domain = catalog->domains()[place].domain;
    parts.row_schema_digest = 1;
    parts.log = &log;
    parts.store = stores.back().get();
    parts.rows = rows.back().get();
    parts.ids = ids.back().get();
    parts.clock = &clock;
    parts.suspects = &suspects;
    group.add(parts, ProcessorLimits{});
  }

  SilentBell bell;
  Suspects suspects;
  std::vector<std::unique_ptr<MemoryState>> stores;
  std::vector<std::unique_ptr<RowTable>> rows;
  std::vector<std::unique_ptr<IdTable>> ids;
};

}  // namespace spate::edge
