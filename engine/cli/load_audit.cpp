// The laws of conservation, from the outside: view, claims and answers agree.
#include "engine/cli/load_audit.hpp"

#include <algorithm>

namespace spate::cli {
namespace {

std::string path_of(const std::string& campaign) { return "/v1/redemptions/" + escaped(campaign); }

Result<JsonValue> read(edge::HttpClient& client, const std::string& target, const Position& seen) {
  edge::ClientRequest request{"GET", target, {{"Prefer", "wait=30"}}, {}};
  if (!seen.parts.empty()) request.headers.emplace_back("Spate-Position", to_token(seen));
  TRY(const edge::ClientResponse response, client.request(request));
  if (response.status != 200)
    return stop("view_unavailable", "GET " + target + " answered " + std::to_string(response.status) +
                                        ": " + response.body);
  return JsonValue::parse(response.body);
}

struct Claims {
  int64_t pieces = 0;
  int64_t claimants = 0;
  int64_t most = 0;
  std::vector<int64_t> first_serials;
};

Result<Claims> read_claims(edge::HttpClient& client, const std::string& campaign,
                           const Position& seen) {
  Claims claims;
  std::string target = path_of(campaign) + "/claims?limit=1000";
  while (!target.empty()) {
    TRY(const JsonValue page, read(client, target, seen));
    if (const JsonValue* items = page.find("items"))
      for (const JsonValue& claim : items->items) {
        const int64_t quantity = claim.integer_of("quantity");
        claims.pieces += quantity;
        claims.most = std::max(claims.most, quantity);
        ++claims.claimants;
        claims.first_serials.push_back(claim.integer_of("first_serial"));
      }
    target = page.text_of("next");
  }
  return claims;
}

std::string is(const char* law, int64_t left, int64_t right) {
  return std::string(law) + ": " + std::to_string(left) + " = " + std::to_string(right);
}

/// 1, 2, 3 … without gaps.
bool are_dense(std::vector<int64_t> serials) {
  std::sort(serials.begin(), serials.end());
  for (std::size_t i = 0; i < serials.size(); ++i)
    if (serials[i] != static_cast<int64_t>(i) + 1) return false;
  return true;
}

}  // namespace

Result<JsonValue> campaign_view(edge::HttpClient& client, const std::string& campaign,
                                const Position& seen) {
  return read(client, path_of(campaign), seen);
}

Result<std::vector<LoadLaw>> audit_load(edge::HttpClient& client, const LoadOptions& options,
                                        const LoadLedger& ledger, const JsonValue& before) {
  TRY(const JsonValue view, campaign_view(client, options.campaign, ledger.position()));
  TRY(const Claims claims, read_claims(client, options.campaign, ledger.position()));
  const int64_t stock = view.integer_of("stock"), redeemed = view.integer_of("redeemed");
  const int64_t remaining = view.integer_of("remaining");
  const int64_t limit = view.integer_of("per_claimant_max");
  const int64_t held_before = before.integer_of("redeemed");
  const auto accepted = static_cast<int64_t>(ledger.count("accepted"));
  std::vector<LoadLaw> laws;
  laws.push_back({is("redeemed + remaining = stock", redeemed + remaining, stock),
                  redeemed + remaining == stock && remaining >= 0});
  laws.push_back({is("redeemed now - before = commands told yes", redeemed - held_before, accepted),
                  redeemed - held_before == accepted});
  laws.push_back({is("pieces over all claims = redeemed", claims.pieces, redeemed),
                  claims.pieces == redeemed});
  laws.push_back({"nobody holds more than " + std::to_string(limit) + ": the most is " +
                      std::to_string(claims.most),
                  claims.most <= limit});
  if (limit == 1 && held_before == 0)
    laws.push_back({"serials are 1 to " + std::to_string(claims.claimants) + " without a gap",
                    are_dense(claims.first_serials)});
  laws.push_back({"repetitions told another answer than the first: " +
                      std::to_string(ledger.repetitions_different()),
                  ledger.repetitions_different() == 0});
  laws.push_back({"commands without a final answer: " + std::to_string(ledger.undecided_total()),
                  ledger.undecided_total() == 0});
  return laws;
}

}  // namespace spate::cli
