// ReplayDoor: orders to the rebuild as JSON, and how it is going.
#pragma once
#include "engine/app/engine.hpp"
#include "engine/edge/admin.hpp"

namespace spate {

/// Both outlive it.
class ReplayDoor {
 public:
  ReplayDoor(Engine& engine, const Catalog& catalog) : engine_(engine), catalog_(catalog) {}

  std::string replay();
  std::variant<std::string, edge::Problem> replay_order(std::string_view order,
                                                        std::string_view body);

 private:
  Result<RebuildWish> read_wish(const std::string& body) const;
  Result<void> check_fields(const RebuildWish& wish) const;
  Result<void> carry_out(std::string_view order, std::string_view body);

  Engine& engine_;
  const Catalog& catalog_;
};

}  // namespace spate
