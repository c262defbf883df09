// Decides the commands of a flash sale: one campaign, a stock of pieces, claims by claimant.
#include <limits>

#include "engine/api/handler.hpp"
#include "schemas/redemptions_generated.h"

namespace spate::redemptions {
namespace {

constexpr uint64_t stock_max = 1'000'000'000;
constexpr int64_t since_ever = std::numeric_limits<int64_t>::min();
constexpr int64_t never = std::numeric_limits<int64_t>::max();

struct Redemptions : Handles<Members<CommandTraits, Open, Redeem, Release, Restock, Close>,
                             Members<EventTraits, Opened, Redeemed, Released, Restocked, Closed>,
                             Members<RowTraits, CampaignRow, ClaimRow>> {
  static constexpr uint32_t evolve_version = 1;

  // Rows: the campaign always, the claim where a claimant is named.
  template <class T>
  static void rows(Names& names, const T& item) {
    names.add<CampaignRow>();
    if constexpr (requires { item.claimant(); }) names.add<ClaimRow>(text(item.claimant()));
  }

  static uint64_t left(const CampaignRow& c) { return c.stock() - c.redeemed(); }
  static uint64_t held(const ClaimRow* claim) { return claim == nullptr ? 0 : claim->held(); }

  static Verdict decide(const Rows& rows, const Open& open, Emit& emit) {
    if (rows.find<CampaignRow>() != nullptr) return Rejection::already_open;
    if (open.opens_at() && open.closes_at() && *open.closes_at() <= *open.opens_at())
      return Rejection::window_empty;
    emit(CreateOpened(emit.builder(), *open.stock(), open.per_claimant_max(), open.opens_at(),
                      open.closes_at(), emit.copy(open.title())));
    return accepted;
  }

  static Verdict decide(const Rows& rows, const Redeem& redeem, Emit& emit) {
    const CampaignRow* campaign = rows.find<CampaignRow>();
    if (campaign == nullptr) return Rejection::unknown_campaign;
    if (campaign->closed()) return Rejection::closed;
    if (rows.now().ns < campaign->opens_at()) return Rejection::not_open_yet;
    if (rows.now().ns >= campaign->closes_at()) return Rejection::window_over;
    const uint64_t has = held(rows.find<ClaimRow>(text(redeem.claimant())));
    const uint64_t limit = campaign->per_claimant_max();
    if (has + redeem.quantity() > limit)
      return rejected(Rejection::claimant_limit).with("held", has).with("limit", limit);
    const uint64_t remaining = left(*campaign);
    if (remaining < redeem.quantity())
      return rejected(Rejection::sold_out).with("remaining", remaining);
    emit(CreateRedeemed(emit.builder(), emit.copy(redeem.claimant()), redeem.quantity(),
                        remaining - redeem.quantity(), campaign->serial() + 1));
    return accepted;
  }

  static Verdict decide(const Rows& rows, const Release& release, Emit& emit) {
    const CampaignRow* campaign = rows.find<CampaignRow>();
    if (campaign == nullptr) return Rejection::unknown_campaign;
    const uint64_t has = held(rows.find<ClaimRow>(text(release.claimant())));
    if (has < release.quantity()) return rejected(Rejection::no_such_claim).with("held", has);
    emit(CreateReleased(emit.builder(), emit.copy(release.claimant()), release.quantity(),
                        left(*campaign) + release.quantity()));
    return accepted;
  }

  static Verdict decide(const Rows& rows, const Restock& restock, Emit& emit) {
    const CampaignRow* campaign = rows.find<CampaignRow>();
    if (campaign == nullptr) return Rejection::unknown_campaign;
    if (campaign->closed()) return Rejection::closed;
    if (campaign->stock() + *restock.quantity() > stock_max)
      return rejected(Rejection::stock_too_large).with("limit", stock_max);
    emit(CreateRestocked(emit.builder(), *restock.quantity(),
                         left(*campaign) + *restock.quantity()));
    return accepted;
  }

  static Verdict decide(const Rows& rows, const Close& close, Emit& emit) {
    const CampaignRow* campaign = rows.find<CampaignRow>();
    if (campaign == nullptr) return Rejection::unknown_campaign;
    if (campaign->closed()) return Rejection::closed;
    emit(CreateClosed(emit.builder(), emit.copy(close.reason())));
    return accepted;
  }

  static void evolve(Rows& rows, const Opened& e) {
    CampaignRow& campaign = rows.edit<CampaignRow>();
    campaign.mutate_stock(e.stock());
    campaign.mutate_per_claimant_max(e.per_claimant_max());
    campaign.mutate_opens_at(e.opens_at().value_or(since_ever));
    campaign.mutate_closes_at(e.closes_at().value_or(never));
  }
  static void evolve(Rows& rows, const Redeemed& e) {
    CampaignRow& campaign = rows.edit<CampaignRow>();
    campaign.mutate_redeemed(campaign.redeemed() + e.quantity());
    campaign.mutate_serial(e.serial());
    ClaimRow& claim = rows.edit<ClaimRow>(text(e.claimant()));
    claim.mutate_held(claim.held() + e.quantity());
  }
  static void evolve(Rows& rows, const Released& e) {
    CampaignRow& campaign = rows.edit<CampaignRow>();
    campaign.mutate_redeemed(campaign.redeemed() - e.quantity());
    ClaimRow& claim = rows.edit<ClaimRow>(text(e.claimant()));
    claim.mutate_held(claim.held() - e.quantity());
    if (claim.held() == 0) rows.erase<ClaimRow>(text(e.claimant()));
  }
  static void evolve(Rows& rows, const Restocked& e) {
    CampaignRow& campaign = rows.edit<CampaignRow>();
    campaign.mutate_stock(campaign.stock() + e.quantity());
  }
  static void evolve(Rows& rows, const Closed&) { rows.edit<CampaignRow>().mutate_closed(true); }
};

}  // namespace

const HandlerTable& handler() { return make_handler<Redemptions>(); }

}  // namespace spate::redemptions
