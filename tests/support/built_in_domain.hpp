// The domains that are built in, by name.
#pragma once
#include <vector>

#include "engine/api/domain.hpp"
#include "engine/base/ensure.hpp"

namespace spate {

inline const Domain& redemptions_domain() {
  for (const Domain& d : domains())
    if (d.name == "redemptions") return d;
  ENSURE(!"redemptions is built in");
  return domains().front();
}

/// Redemptions whose `redeem` is decided and folded by functions of a test. `rows` null: as it
/// is. Lives as long as the test program; one for each set of functions.
template <auto decide, auto evolve, decltype(HandlerTable::CommandOps::rows) rows = nullptr>
const Domain& redemptions_with_redeem() {
  static constexpr std::size_t redeem = 2, redeemed = 2;
  const Domain& real = redemptions_domain();
  static std::vector<HandlerTable::CommandOps> commands(real.handler->commands.begin(),
                                                        real.handler->commands.end());
  static std::vector<HandlerTable::EventOps> events(real.handler->events.begin(),
                                                    real.handler->events.end());
  if (rows != nullptr) commands[redeem].rows = rows;
  commands[redeem].decide = decide;
  events[redeemed].evolve = evolve;
  static const HandlerTable handler{commands, events, 1};
  static const Domain domain{"redemptions", &handler, real.projection, real.schema};
  return domain;
}

}  // namespace spate
