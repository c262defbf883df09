// The flash sale: every refusal, every boundary, the order in which refusals are met.
#include <gtest/gtest.h>

#include "schemas/redemptions_generated.h"
#include "tests/support/given_when_then.hpp"

namespace spate::redemptions {
namespace {

using Sale = Scenario<CommandUnionTraits, EventUnionTraits>;

constexpr int64_t nine = scenario_start.ns;
constexpr int64_t ten = start_plus(hours(1)).ns;
constexpr int64_t eleven = start_plus(hours(2)).ns;

Sale sale() { return Sale("redemptions", "campaign-1"); }
OpenT window(uint64_t stock) { return {.stock = stock, .opens_at = ten, .closes_at = eleven}; }
RedeemT redeem(const char* claimant, uint32_t quantity = 1) {
  return {.claimant = claimant, .quantity = quantity};
}
ReleaseT release(const char* claimant, uint32_t quantity = 1) {
  return {.claimant = claimant, .quantity = quantity};
}
RedeemedT redeemed(const char* claimant, uint32_t quantity, uint64_t remaining, uint64_t serial) {
  return {.claimant = claimant, .quantity = quantity, .remaining = remaining, .serial = serial};
}

class EveryRedemptionRejection : public testing::TestWithParam<Rejection> {};

TEST_P(EveryRedemptionRejection, IsGivenByEveryCommandThatMayGiveIt) {
  const Rejection no = GetParam();
  switch (no) {  // without a case for each rejection this does not compile
    case Rejection::already_open:
      sale().given(OpenT{.stock = 1}).when(OpenT{.stock = 1}).then(no);
      sale().given(OpenT{.stock = 1}).given(CloseT{}).when(OpenT{.stock = 1}).then(no);
      break;
    case Rejection::window_empty:
      sale().when(OpenT{.stock = 1, .opens_at = ten, .closes_at = nine}).then(no);
      sale().when(OpenT{.stock = 1, .opens_at = ten, .closes_at = ten}).then(no);
      break;
    case Rejection::unknown_campaign:
      sale().when(redeem("ada")).then(no);
      sale().when(release("ada")).then(no);
      sale().when(RestockT{.quantity = 1}).then(no);
      sale().when(CloseT{}).then(no);
      break;
    case Rejection::closed:
      sale().given(OpenT{.stock = 1}).given(CloseT{}).when(redeem("ada")).then(no);
      sale().given(OpenT{.stock = 1}).given(CloseT{}).when(RestockT{.quantity = 1}).then(no);
      sale().given(OpenT{.stock = 1}).given(CloseT{}).when(CloseT{}).then(no);
      break;
    case Rejection::not_open_yet:
      sale().given(window(1)).when(redeem("ada")).then(no);
      break;
    case Rejection::window_over:
      sale().given(window(1)).at({eleven}).when(redeem("ada")).then(no);
      break;
    case Rejection::claimant_limit:
      sale()
          .given(OpenT{.stock = 9, .per_claimant_max = 2})
          .when(redeem("ada", 3))
          .then(rejected(no).with("held", 0).with("limit", 2));
      break;
    case Rejection::sold_out:
      sale().given(OpenT{.stock = 0}).when(redeem("ada")).then(rejected(no).with("remaining", 0));
      break;
    case Rejection::no_such_claim:
      sale().given(OpenT{.stock = 1}).when(release("ada")).then(rejected(no).with("held", 0));
      break;
    case Rejection::stock_too_large:
      sale()
          .given(OpenT{.stock = 1'000'000'000})
          .when(RestockT{.quantity = 1})
          .then(rejected(no).with("limit", 1'000'000'000));
      break;
  }
}
INSTANTIATE_TEST_SUITE_P(By, EveryRedemptionRejection, testing::ValuesIn(EnumValuesRejection()),
                         [](const auto& info) { return EnumNameRejection(info.param); });

TEST(Redemptions, OpensWithEverythingTheCommandSays) {
  sale()
      .when(OpenT{.stock = 5,
                  .per_claimant_max = 2,
                  .opens_at = ten,
                  .closes_at = eleven,
                  .title = "Lamps"})
      .then(OpenedT{.stock = 5,
                    .per_claimant_max = 2,
                    .opens_at = ten,
                    .closes_at = eleven,
                    .title = "Lamps"});
}

TEST(Redemptions, GivesOnePieceToOneClaimantUnlessToldOtherwise) {
  sale().given(OpenT{.stock = 5}).when(RedeemT{.claimant = "ada"}).then(redeemed("ada", 1, 4, 1));
}

TEST(Redemptions, OpensAtTheVeryInstantAndEndsAtTheVeryInstant) {
  sale()
      .given(window(5))
      .at({ten - 1})
      .when(redeem("ada"))
      .then(Rejection::not_open_yet)
      .at({ten})
      .when(redeem("ada"))
      .then(redeemed("ada", 1, 4, 1))
      .at({eleven - 1})
      .when(redeem("bob"))
      .then(redeemed("bob", 1, 3, 2))
      .at({eleven})
      .when(redeem("cyd"))
      .then(Rejection::window_over);
}

TEST(Redemptions, WithoutOpensAtIsOpenAtOnceAndWithoutClosesAtForEver) {
  sale().given(OpenT{.stock = 1}).at({1}).when(redeem("ada")).then(redeemed("ada", 1, 0, 1));
  sale()
      .given(OpenT{.stock = 1})
      .at({INT64_MAX - 1})
      .when(redeem("ada"))
      .then(redeemed("ada", 1, 0, 1));
}

TEST(Redemptions, TakesAWindowThatIsAlreadyOverAndSaysSoToEveryClaim) {
  sale()
      .at({eleven})
      .when(OpenT{.stock = 1, .closes_at = ten})
      .then(OpenedT{.stock = 1, .per_claimant_max = 1, .closes_at = ten})
      .when(redeem("ada"))
      .then(Rejection::window_over);
  sale().given(OpenT{.stock = 1, .closes_at = 0}).when(redeem("ada")).then(Rejection::window_over);
}

TEST(Redemptions, RefusesASecondClaimByTheSamePerson) {
  sale()
      .given(OpenT{.stock = 5})
      .given(redeem("ada"))
      .when(redeem("ada"))
      .then(rejected(Rejection::claimant_limit).with("held", 1).with("limit", 1))
      .when(redeem("bob"))
      .then(redeemed("bob", 1, 3, 2));
}

TEST(Redemptions, FillsAnAllowanceExactly) {
  sale()
      .given(OpenT{.stock = 9, .per_claimant_max = 3})
      .given(redeem("ada", 2))
      .when(redeem("ada", 2))
      .then(rejected(Rejection::claimant_limit).with("held", 2).with("limit", 3))
      .when(redeem("ada", 1))
      .then(redeemed("ada", 1, 6, 2));
}

TEST(Redemptions, GivesAllOrNothing) {
  sale()
      .given(OpenT{.stock = 3, .per_claimant_max = 5})
      .when(redeem("ada", 4))
      .then(rejected(Rejection::sold_out).with("remaining", 3))
      .when(redeem("ada", 3))
      .then(redeemed("ada", 3, 0, 1))
      .when(redeem("bob"))
      .then(rejected(Rejection::sold_out).with("remaining", 0));
}

TEST(Redemptions, SpeaksOfTheLimitBeforeTheStock) {
  sale()
      .given(OpenT{.stock = 1})
      .given(redeem("ada"))
      .when(redeem("ada"))
      .then(rejected(Rejection::claimant_limit).with("held", 1).with("limit", 1));
}

TEST(Redemptions, SpeaksOfClosingBeforeTheWindowAndOfTheWindowBeforeTheLimit) {
  sale().given(window(0)).given(CloseT{}).when(redeem("ada")).then(Rejection::closed);
  sale().given(window(0)).given(CloseT{}).at({eleven}).when(redeem("ada")).then(Rejection::closed);
  sale().given(window(0)).when(redeem("ada", 2)).then(Rejection::not_open_yet);
  sale().given(window(0)).at({eleven}).when(redeem("ada", 2)).then(Rejection::window_over);
}

TEST(Redemptions, SpeaksOfBeingOpenBeforeAnEmptyWindow) {
  sale()
      .given(OpenT{.stock = 1})
      .when(OpenT{.stock = 1, .opens_at = ten, .closes_at = nine})
      .then(Rejection::already_open);
}

TEST(Redemptions, SpeaksOfClosingBeforeAStockTooLarge) {
  sale()
      .given(OpenT{.stock = 1'000'000'000})
      .given(CloseT{})
      .when(RestockT{.quantity = 1})
      .then(Rejection::closed);
}

TEST(Redemptions, ReturnsPiecesToTheStockAndToTheAllowance) {
  sale()
      .given(OpenT{.stock = 2, .per_claimant_max = 2})
      .given(redeem("ada", 2))
      .when(release("ada"))
      .then(ReleasedT{.claimant = "ada", .quantity = 1, .remaining = 1})
      .when(redeem("ada"))
      .then(redeemed("ada", 1, 0, 2));
}

TEST(Redemptions, ReleasesNoMoreThanIsHeld) {
  sale()
      .given(OpenT{.stock = 5, .per_claimant_max = 3})
      .given(redeem("ada", 2))
      .when(release("ada", 3))
      .then(rejected(Rejection::no_such_claim).with("held", 2))
      .when(release("ada", 2))
      .then(ReleasedT{.claimant = "ada", .quantity = 2, .remaining = 5})
      .when(release("ada"))
      .then(rejected(Rejection::no_such_claim).with("held", 0));
}

TEST(Redemptions, ReleasesInAnyState) {
  const ReleasedT released{.claimant = "ada", .quantity = 1, .remaining = 1};
  sale()
      .given(window(1))
      .at({ten})
      .given(redeem("ada"))
      .at({eleven})
      .when(release("ada"))
      .then(released);
  sale()
      .given(OpenT{.stock = 1})
      .given(redeem("ada"))
      .given(CloseT{})
      .when(release("ada"))
      .then(released);
}

TEST(Redemptions, NeverGivesASerialTwice) {
  sale()
      .given(OpenT{.stock = 2})
      .given(redeem("ada"))
      .given(redeem("bob"))
      .given(release("bob"))
      .when(redeem("bob"))
      .then(redeemed("bob", 1, 0, 3));
}

TEST(Redemptions, SellsAgainAfterARestock) {
  sale()
      .given(OpenT{.stock = 0})
      .when(redeem("ada"))
      .then(rejected(Rejection::sold_out).with("remaining", 0))
      .when(RestockT{.quantity = 2})
      .then(RestockedT{.quantity = 2, .remaining = 2})
      .when(redeem("ada"))
      .then(redeemed("ada", 1, 1, 1));
}

TEST(Redemptions, RestocksUpToTheLargestStockThereIs) {
  sale()
      .given(OpenT{.stock = 999'999'999})
      .when(RestockT{.quantity = 1})
      .then(RestockedT{.quantity = 1, .remaining = 1'000'000'000});
}

TEST(Redemptions, KeepsTheReasonOfClosing) {
  sale()
      .given(OpenT{.stock = 1})
      .when(CloseT{.reason = "sold by phone"})
      .then(ClosedT{.reason = "sold by phone"});
}

TEST(Redemptions, ForgetsAClaimThatIsBackAtZero) {
  Sale campaign = sale();
  campaign.given(OpenT{.stock = 1}).given(redeem("ada")).given(release("ada"));
  EXPECT_EQ(campaign.steps().rows_text().find("claim_row"), std::string::npos)
      << campaign.steps().rows_text();
}

}  // namespace
}  // namespace spate::redemptions
