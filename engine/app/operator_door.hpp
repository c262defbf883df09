// OperatorDoor: what operators may ask of a running server over HTTP: replays, snapshots, scans.
#pragma once
#include "engine/app/live_snapshots.hpp"
#include "engine/app/replay_door.hpp"

namespace spate {

/// All of them outlive it.
class OperatorDoor final : public edge::AdminDoor {
 public:
  OperatorDoor(Engine& engine, const Catalog& catalog, LiveSnapshots& snapshots)
      : replay_(engine, catalog), snapshots_(snapshots), scan_(engine.scan()) {}

  std::string replay() override { return replay_.replay(); }
  std::variant<std::string, edge::Problem> replay_order(std::string_view order,
                                                        std::string_view body) override {
    return replay_.replay_order(order, body);
  }
  std::string snapshot() override { return snapshots_.status(); }
  std::variant<std::string, edge::Problem> take_snapshot(std::string_view body) override;
  std::string scan() override { return scan_.status(); }
  std::variant<std::string, edge::Problem> order_scan(std::string_view body) override;

 private:
  ReplayDoor replay_;
  LiveSnapshots& snapshots_;
  LiveScan& scan_;
};

}  // namespace spate
