// LoadAudit: whether the campaign's views say what the clients were told: nothing lost, nothing
// extra.
#pragma once
#include "engine/cli/client.hpp"
#include "engine/cli/load_ledger.hpp"
#include "engine/cli/load_plan.hpp"

namespace spate::cli {

/// One thing that must hold, with the numbers seen.
struct LoadLaw {
  std::string law;
  bool holds = false;
};

/// The campaign's view, at least as new as every answer of the load.
Result<JsonValue> campaign_view(edge::HttpClient& client, const std::string& campaign,
                                const Position& seen);

/// Reads the campaign and every claim of it. `before`: its view before the load.
Result<std::vector<LoadLaw>> audit_load(edge::HttpClient& client, const LoadOptions& options,
                                        const LoadLedger& ledger, const JsonValue& before);

}  // namespace spate::cli
