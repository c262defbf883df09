// RebuildKit: one life of a process that serves text views and may rebuild them, stepped by hand.
#pragma once
#include <gtest/gtest.h>

#include "engine/replay/rebuild.hpp"
#include "tests/engine/projector/projector_kit.hpp"
#include "tests/support/log_records.hpp"
#include "tests/support/memory_generations.hpp"
#include "tests/support/virtual_clock.hpp"

namespace spate {

/// A text view has one field, its text.
class PlainViewText final : public ViewText {
 public:
  std::string projection(uint16_t) const override { return "texts"; }
  std::string view(uint16_t, uint8_t view) const override {
    static constexpr const char* names[] = {"", "stream", "item", "gathered", "dated"};
    return names[view];
  }
  Fields fields(uint16_t, uint8_t, Bytes value) const override {
    return {{"text", '"' + std::string(as_text(value)) + '"'}};
  }
};

/// The projection of the binary before: it knew what to do with `fail`.
inline ProjectedDomain lenient_domain() {
  using Apply = ProjectionTable::Apply;
  static std::vector<Apply> apply(text_projection().apply.begin(), text_projection().apply.end());
  apply[text_event::fail] = [](ViewAccess&, std::string_view, Instant, Bytes) {};
  static const ProjectionTable table{apply, {}, 1};
  ProjectedDomain domain = text_domain();
  domain.projection = &table;
  return domain;
}

struct ServingLife {
  static constexpr int turns_max = 100'000;
  ServingLife(Log& log, MemoryGenerations& home, const Clock& clock,
              ProjectedDomain domain = text_domain(), RebuildLimits limits = {},
              Generations::MakeWitness witnesses = {}, bool outdated_too = false,
              StepBeside* beside = nullptr)
      : generations(home), served(log.topology()) {
    ENSURE(generations.open().has_value());
    generations.watched_by(std::move(witnesses));
    ENSURE(generations.project(log.topology(), {std::move(domain)}, log.identity()).has_value());
    std::vector<std::pair<ProjectedViews*, PartitionId>> mine;
    for (const auto& [generation, id] : generations.followed())
      mine.push_back({generation->views.get(), id});
    projector.emplace(log, mine, ProjectorLimits{});
    ENSURE(projector->open().has_value());
    for (const DomainPlace& place : log.topology().domains())
      served.serve(place.number, *generations.serving(place).views);
    const auto& rebuilt = generations.plan().rebuild;
    for (Generation* generation : generations.all())
      if (!rebuilt || generation->number != rebuilt->generation ||
          rebuilt->phase == RebuildPhase::switched)
        writers.add(generation->writer);
    LiveViews live{log, served, {&*projector}, writers, [](ProjectedViews&) {}, [] {},
                   beside};
    rebuild.emplace(generations, std::move(live), text, clock, limits);
    ENSURE(rebuild->open(outdated_too).has_value());
  }

  /// One turn of everything; false: nothing moved.
  bool turn() {
    const bool folded = projector->step() == Step::worked;
    const bool written = *writers.step() == Step::worked;
    return (rebuild->step() != Step::idle) | folded | written;
  }
  void settle() {
    for (int turns = 0; turns < turns_max && turn(); ++turns) {
    }
  }
  /// Until it is there, or nothing moves.
  RebuildStage run_to(RebuildStage stage) {
    for (int turns = 0; rebuild->status().stage != stage && turns < turns_max && turn(); ++turns) {
    }
    return rebuild->status().stage;
  }
  RebuildStage order(RebuildOrder what) {
    EXPECT_TRUE(rebuild->ask(what).has_value()) << name_of(what);
    settle();
    return rebuild->status().stage;
  }
  RebuildStage begin(RebuildWish wish = {}) {
    wish.projections = {"texts"};
    EXPECT_TRUE(rebuild->ask(std::move(wish)).has_value());
    settle();
    return rebuild->status().stage;
  }
  std::string get(PartitionId partition, uint8_t view, std::string_view stream,
                  std::string_view key = {}) {
    std::string value;
    const auto found = served.get({partition, view, stream, key}, value);
    return !found ? found.error().code : *found ? value : "none";
  }

  Generations generations;
  ServedViews served;
  ViewWriters writers;
  PlainViewText text;
  std::optional<Projector> projector;
  std::optional<Rebuild> rebuild;
};

}  // namespace spate
