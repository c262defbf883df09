// ReplayDoor: orders to the rebuild as JSON, and how it is going.
#pragma once
#include "engine/app/engine.hpp"
#include "engine/app/wish.hpp"
#include "engine/edge/admin.hpp"

namespace spate {

/// What an operator is told of an order that was read, and not obeyed.
edge::Problem refused_order(const Fault& fault);

/// Both outlive it.
class ReplayDoor {
 public:
  ReplayDoor(Engine& engine, const Catalog& catalog) : engine_(engine), catalog_(catalog) {}

  std::string replay();
  std::variant<std::string, edge::Problem> replay_order(std::string_view order,
                                                        std::string_view body);

 private:
  RebuildWish read_rebuild(Wish& wish) const;
  void check_fields(const RebuildWish& rebuild, Wish& wish) const;
  Result<void> carry_out(std::string_view order);

  Engine& engine_;
  const Catalog& catalog_;
};

}  // namespace spate
