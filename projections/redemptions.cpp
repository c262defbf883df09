// Folds the events of a flash sale into the campaign's view and the list of its claims.
#include <algorithm>
#include <unordered_map>

#include "engine/api/audit.hpp"
#include "schemas/redemptions_generated.h"

namespace spate::redemptions {
namespace {

struct RedemptionViews
    : Projects<Members<EventTraits, Opened, Redeemed, Released, Restocked, Closed>,
               Members<ViewTraits, Campaign, Claim>> {
  static constexpr uint32_t version = 1;

  static void apply(Views& views, const Opened& e) {
    CampaignT campaign;
    campaign.campaign = views.stream();
    campaign.title = text(e.title());
    campaign.stock = campaign.remaining = e.stock();
    campaign.per_claimant_max = e.per_claimant_max();
    campaign.opens_at = e.opens_at();
    campaign.closes_at = e.closes_at();
    campaign.version = 1;
    views.put(campaign);
  }

  // A claim is one of very many; the campaign's own view is at hand.
  template <class Event>
    requires requires(const Event& e) { e.claimant(); }
  static void views(Names& names, const Event& e) {
    names.add<Claim>(text(e.claimant()));
  }

  static void apply(Views& views, const Redeemed& e) {
    const bool is_new_claimant = add_to_claim(views, e);
    note_time_of_redemption(views);
    Campaign& campaign = next_version(views);
    campaign.mutate_redeemed(campaign.redeemed() + e.quantity());
    campaign.mutate_remaining(e.remaining());
    campaign.mutate_claimants(campaign.claimants() + (is_new_claimant ? 1 : 0));
  }

  static void apply(Views& views, const Released& e) {
    const bool was_the_last_piece = take_from_claim(views, e);
    Campaign& campaign = next_version(views);
    campaign.mutate_redeemed(campaign.redeemed() - e.quantity());
    campaign.mutate_remaining(e.remaining());
    campaign.mutate_claimants(campaign.claimants() - (was_the_last_piece ? 1 : 0));
  }

  static void apply(Views& views, const Restocked& e) {
    Campaign& campaign = next_version(views);
    campaign.mutate_stock(campaign.stock() + e.quantity());
    campaign.mutate_remaining(e.remaining());
  }

  static void apply(Views& views, const Closed&) { next_version(views).mutate_is_closed(true); }

  /// The first of these that holds: closed, over, scheduled, sold_out, open.
  static void derive(const Campaign& campaign, Instant now, Derived& out) {
    out.set("state", state_at(campaign, now));
  }

 private:
  static State state_at(const Campaign& campaign, Instant now) {
    if (campaign.is_closed()) return State::closed;
    if (campaign.closes_at() && now.ns >= *campaign.closes_at()) return State::over;
    if (campaign.opens_at() && now.ns < *campaign.opens_at()) return State::scheduled;
    if (campaign.remaining() == 0) return State::sold_out;
    return State::open;
  }

  static Campaign& next_version(Views& views) {
    Campaign& campaign = views.edit<Campaign>();
    campaign.mutate_version(campaign.version() + 1);
    return campaign;
  }

  /// A field that was null has no place to write to: the first time the view is written anew.
  static void note_time_of_redemption(Views& views) {
    const int64_t at = views.at().ns;
    if (views.edit<Campaign>().mutate_last_redeemed_at(at)) return;
    views.update<Campaign>({},
                           [&](CampaignT& c) { c.first_redeemed_at = c.last_redeemed_at = at; });
  }

  /// True when the claimant held nothing before.
  static bool add_to_claim(Views& views, const Redeemed& e) {
    const std::string_view claimant = text(e.claimant());
    if (views.find<Claim>(claimant) != nullptr) {
      Claim& claim = views.edit<Claim>(claimant);
      claim.mutate_quantity(claim.quantity() + e.quantity());
      return false;
    }
    views.build<Claim>(claimant, [&](auto& b) {
      const auto name = b.CreateString(claimant.data(), claimant.size());
      return CreateClaim(b, name, e.quantity(), e.serial(), views.at().ns);
    });
    return true;
  }

  /// True when nothing is left of the claim, which then leaves the list.
  static bool take_from_claim(Views& views, const Released& e) {
    Claim& claim = views.edit<Claim>(text(e.claimant()));
    claim.mutate_quantity(claim.quantity() - e.quantity());
    if (claim.quantity() > 0) return false;
    views.erase<Claim>(text(e.claimant()));
    return true;
  }
};

/// The laws of a sale, proved from its events alone.
struct SaleLedger {
  void fold(const Opened& e, Laws& laws) {
    laws.expect(!is_open, "a campaign is opened once");
    is_open = true;
    stock = e.stock();
    per_claimant_max = e.per_claimant_max();
  }
  void fold(const Redeemed& e, Laws& laws) {
    redeemed += e.quantity();
    uint64_t& held = claims[std::string(text(e.claimant()))];
    held += e.quantity();
    ++serial;
    laws.expect(e.serial() == serial, "serials are dense: expected, seen", serial, e.serial());
    laws.expect(held <= per_claimant_max, "no claim exceeds per_claimant_max: held, limit", held,
                per_claimant_max);
    balance(e.remaining(), laws);
  }
  void fold(const Released& e, Laws& laws) {
    uint64_t& held = claims[std::string(text(e.claimant()))];
    laws.expect(held >= e.quantity(), "no more is released than held: held, released", held,
                e.quantity());
    held -= std::min<uint64_t>(held, e.quantity());
    redeemed -= std::min<uint64_t>(redeemed, e.quantity());
    balance(e.remaining(), laws);
  }
  void fold(const Restocked& e, Laws& laws) {
    stock += e.quantity();
    balance(e.remaining(), laws);
  }
  void fold(const Closed&, Laws& laws) {
    laws.expect(!is_closed, "a campaign is closed once");
    is_closed = true;
  }

  void balance(uint64_t remaining, Laws& laws) const {
    laws.expect(redeemed <= stock, "nothing is oversold: redeemed, stock", redeemed, stock);
    laws.expect(redeemed + remaining == stock, "redeemed + remaining = stock: seen", redeemed,
                remaining, stock);
  }
  void finish(Laws& laws) const {
    uint64_t held = 0;
    for (const auto& [claimant, quantity] : claims) held += quantity;
    laws.expect(held == redeemed, "the sum of claims is redeemed: sum, redeemed", held, redeemed);
  }
  void compare(const AuditedViews<RedemptionViews::ViewTypes>& views, Laws& laws) const {
    const Campaign* campaign = views.find<Campaign>();
    laws.expect(campaign != nullptr, "an opened campaign has a view");
    if (campaign == nullptr) return;
    laws.expect(campaign->stock() == stock && campaign->redeemed() == redeemed &&
                    campaign->redeemed() + campaign->remaining() == campaign->stock(),
                "the view shows the stock and what is redeemed: stock, redeemed, remaining",
                campaign->stock(), campaign->redeemed(), campaign->remaining());
    uint64_t held = 0, claimants = 0;
    views.each<Claim>([&](const Claim& claim) { held += claim.quantity(), ++claimants; });
    laws.expect(held == redeemed, "the claims shown add up to redeemed: sum, redeemed", held,
                redeemed);
    laws.expect(claimants == campaign->claimants(), "every claimant is listed: listed, counted",
                claimants, campaign->claimants());
  }

  bool is_open = false;
  bool is_closed = false;
  uint64_t stock = 0, redeemed = 0, serial = 0, per_claimant_max = 0;
  std::unordered_map<std::string, uint64_t> claims;  // of those who ever held a piece
};

}  // namespace

const ProjectionTable& projection() {
  return make_audited_projection<RedemptionViews, SaleLedger>();
}

}  // namespace spate::redemptions
