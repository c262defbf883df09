// The campaign's view, its claims, and the ledger that proves them.
#include <gtest/gtest.h>

#include "schemas/redemptions_generated.h"
#include "tests/support/view_kit.hpp"

namespace spate::redemptions {
namespace {

using SaleViews = ViewScenario<EventUnionTraits, ViewTraits>;

constexpr int64_t nine = scenario_start.ns;
constexpr int64_t ten = start_plus(hours(1)).ns;
constexpr int64_t eleven = start_plus(hours(2)).ns;

SaleViews sale() {
  SaleViews views("redemptions");
  views.on("lamps");
  return views;
}
OpenedT opened(uint64_t stock) { return {.stock = stock, .per_claimant_max = 2, .title = "Lamps"}; }
RedeemedT redeemed(const char* who, uint32_t quantity, uint64_t remaining, uint64_t serial) {
  return {.claimant = who, .quantity = quantity, .remaining = remaining, .serial = serial};
}
State state_of(SaleViews& views, int64_t now) {
  Derived derived;
  views.steps().domain().projection->views[SaleViews::id<Campaign>()].derive(
      views.steps().find(SaleViews::id<Campaign>(), {}), {now}, derived);
  return static_cast<State>(*derived.find("state"));
}

TEST(RedemptionViews, ShowACampaignFromItsOpening) {
  sale()
      .given(OpenedT{
          .stock = 5, .per_claimant_max = 2, .opens_at = nine, .closes_at = ten, .title = "Lamps"})
      .then(CampaignT{.campaign = "lamps",
                      .title = "Lamps",
                      .state = State::open,
                      .stock = 5,
                      .remaining = 5,
                      .per_claimant_max = 2,
                      .opens_at = nine,
                      .closes_at = ten,
                      .version = 1});
}

TEST(RedemptionViews, CountWhatIsClaimedAndByHowMany) {
  sale()
      .given(opened(5))
      .at({ten})
      .given(redeemed("ada", 1, 4, 1))
      .at({ten + 1})
      .given(redeemed("bob", 2, 2, 2))
      .at({ten + 2})
      .given(redeemed("ada", 1, 1, 3))
      .then(CampaignT{.campaign = "lamps",
                      .title = "Lamps",
                      .state = State::open,
                      .stock = 5,
                      .redeemed = 4,
                      .remaining = 1,
                      .claimants = 2,
                      .per_claimant_max = 2,
                      .first_redeemed_at = ten,
                      .last_redeemed_at = ten + 2,
                      .version = 4})
      .then(ClaimT{.claimant = "ada", .quantity = 2, .first_serial = 1, .first_at = ten}, "ada")
      .then(ClaimT{.claimant = "bob", .quantity = 2, .first_serial = 2, .first_at = ten + 1}, "bob")
      .then_no<Claim>("cyd");
}

TEST(RedemptionViews, DropAClaimThatIsBackAtZero) {
  sale()
      .given(opened(5))
      .at({ten})
      .given(redeemed("ada", 2, 3, 1))
      .given(ReleasedT{.claimant = "ada", .quantity = 1, .remaining = 4})
      .then(ClaimT{.claimant = "ada", .quantity = 1, .first_serial = 1, .first_at = ten}, "ada")
      .given(ReleasedT{.claimant = "ada", .quantity = 1, .remaining = 5})
      .then_no<Claim>("ada")
      .then(CampaignT{.campaign = "lamps",
                      .title = "Lamps",
                      .state = State::open,
                      .stock = 5,
                      .remaining = 5,
                      .claimants = 0,
                      .per_claimant_max = 2,
                      .first_redeemed_at = ten,
                      .last_redeemed_at = ten,
                      .version = 4});
}

TEST(RedemptionViews, ShowAReturningClaimantWithTheNewSerial) {
  sale()
      .given(opened(5))
      .at({ten})
      .given(redeemed("ada", 1, 4, 1))
      .given(ReleasedT{.claimant = "ada", .quantity = 1, .remaining = 5})
      .at({eleven})
      .given(redeemed("ada", 1, 4, 2))
      .then(ClaimT{.claimant = "ada", .quantity = 1, .first_serial = 2, .first_at = eleven}, "ada");
}

TEST(RedemptionViews, GrowWithARestock) {
  sale()
      .given(opened(0))
      .given(RestockedT{.quantity = 3, .remaining = 3})
      .then(CampaignT{.campaign = "lamps",
                      .title = "Lamps",
                      .state = State::open,
                      .stock = 3,
                      .remaining = 3,
                      .per_claimant_max = 2,
                      .version = 2});
}

TEST(RedemptionViews, TellTheFirstStateThatHolds) {
  SaleViews window = sale();
  window.given(OpenedT{.stock = 1, .per_claimant_max = 1, .opens_at = nine, .closes_at = eleven});
  EXPECT_EQ(state_of(window, nine - 1), State::scheduled);
  EXPECT_EQ(state_of(window, nine), State::open);
  window.given(redeemed("ada", 1, 0, 1));
  EXPECT_EQ(state_of(window, nine - 1), State::scheduled);
  EXPECT_EQ(state_of(window, eleven - 1), State::sold_out);
  EXPECT_EQ(state_of(window, eleven), State::over);
  window.given(ClosedT{});
  EXPECT_EQ(state_of(window, nine - 1), State::closed);
  EXPECT_EQ(state_of(window, eleven), State::closed);
}

TEST(RedemptionViews, KeepCampaignsApart) {
  sale()
      .given(opened(5))
      .given(redeemed("ada", 1, 4, 1))
      .on("chairs")
      .then_no<Campaign>()
      .then_no<Claim>("ada")
      .given(opened(7))
      .then(CampaignT{.campaign = "chairs",
                      .title = "Lamps",
                      .state = State::open,
                      .stock = 7,
                      .remaining = 7,
                      .per_claimant_max = 2,
                      .version = 1});
}

TEST(SaleLedger, FindsNothingWrongWithAnHonestSale) {
  SaleViews views = sale();
  views.given(opened(3))
      .given(redeemed("ada", 2, 1, 1))
      .given(redeemed("bob", 1, 0, 2))
      .given(ReleasedT{.claimant = "bob", .quantity = 1, .remaining = 1})
      .given(RestockedT{.quantity = 2, .remaining = 3})
      .given(redeemed("bob", 2, 1, 3))
      .given(ClosedT{});
  EXPECT_EQ(views.steps().broken_laws(), std::vector<std::string>{});
}

/// The first law that a history breaks.
template <class... Events>
std::string first_broken(const Events&... events) {
  SaleViews views = sale();
  (views.given(events), ...);
  const std::vector<std::string> broken = views.steps().broken_laws();
  return broken.empty() ? "none" : broken.front();
}

TEST(SaleLedger, CatchesEachLawThatIsBroken) {
  EXPECT_EQ(first_broken(opened(3), redeemed("ada", 1, 2, 2)),
            "serials are dense: expected, seen 1 2");
  EXPECT_EQ(first_broken(opened(3), redeemed("ada", 1, 2, 1), redeemed("bob", 1, 1, 1)),
            "serials are dense: expected, seen 2 1");
  EXPECT_EQ(first_broken(opened(9), redeemed("ada", 3, 6, 1)),
            "no claim exceeds per_claimant_max: held, limit 3 2");
  EXPECT_EQ(first_broken(opened(1), redeemed("ada", 2, 0, 1)),
            "nothing is oversold: redeemed, stock 2 1");
  EXPECT_EQ(first_broken(opened(3), redeemed("ada", 1, 1, 1)),
            "redeemed + remaining = stock: seen 1 1 3");
  EXPECT_EQ(first_broken(opened(3), RestockedT{.quantity = 1, .remaining = 3}),
            "redeemed + remaining = stock: seen 0 3 4");
  EXPECT_EQ(first_broken(opened(3), opened(3)), "a campaign is opened once");
  EXPECT_EQ(first_broken(opened(3), ClosedT{}, ClosedT{}), "a campaign is closed once");
}

}  // namespace
}  // namespace spate::redemptions
