// Coupons: every refusal of every command, the order of refusals, the instant of expiry.
#include <gtest/gtest.h>

#include "schemas/coupons_generated.h"
#include "tests/support/given_when_then.hpp"

namespace spate::coupons {
namespace {

using Life = Scenario<CommandUnionTraits, EventUnionTraits>;

constexpr int64_t expiry = start_plus(hours(24)).ns;

Life life() { return Life("coupons", "spring-10"); }

template <class Object>
Object filled() {
  Object object;
  object.merchant = "lamps-and-more";
  object.code = "SPRING10";
  object.title = "Ten percent off lamps";
  object.discount = std::make_unique<DiscountT>();
  object.discount->percent = 10;
  object.expires_at = expiry;
  object.terms = "once per customer";
  return object;
}
SubmitT submit() { return filled<SubmitT>(); }
SubmittedT submitted() { return filled<SubmittedT>(); }
ApproveT approve() { return {.reviewer = "rita", .score = 90, .reasons = {"clear terms"}}; }
RejectT reject() { return {.reviewer = "rita", .score = 5, .reasons = {"not theirs to give"}}; }
WithdrawT withdraw() { return {.reason = "sold out"}; }

/// A coupon in each state.
Life handed_in() { return life().given(submitted()); }
Life approved() { return handed_in().given(approve()); }
Life turned_down() { return handed_in().given(reject()); }
Life published() { return approved().given(PublishT{}); }
Life withdrawn() { return handed_in().given(withdraw()); }

class EveryCouponRejection : public testing::TestWithParam<Rejection> {};

TEST_P(EveryCouponRejection, IsGivenByEveryCommandThatMayGiveIt) {
  const Rejection no = GetParam();
  switch (no) {  // without a case for each rejection this does not compile
    case Rejection::already_submitted:
      handed_in().when(submit()).then(no);
      published().when(submit()).then(no);
      withdrawn().when(submit()).then(no);
      break;
    case Rejection::expires_in_the_past:
      life().at({expiry}).when(submit()).then(no);
      break;
    case Rejection::unknown_coupon:
      life().when(approve()).then(no);
      life().when(reject()).then(no);
      life().when(PublishT{}).then(no);
      life().when(withdraw()).then(no);
      break;
    case Rejection::withdrawn:
      withdrawn().when(approve()).then(no);
      withdrawn().when(reject()).then(no);
      withdrawn().when(PublishT{}).then(no);
      withdrawn().when(withdraw()).then(no);
      break;
    case Rejection::expired:
      handed_in().at({expiry}).when(approve()).then(no);
      handed_in().at({expiry}).when(reject()).then(no);
      approved().at({expiry}).when(PublishT{}).then(no);
      break;
    case Rejection::already_judged:
      for (Life (*judged)() : {approved, turned_down, published}) {
        judged().when(approve()).then(no);
        judged().when(reject()).then(no);
      }
      break;
    case Rejection::not_approved:
      handed_in().when(PublishT{}).then(no);
      turned_down().when(PublishT{}).then(no);
      break;
    case Rejection::already_published:
      published().when(PublishT{}).then(no);
      break;
  }
}
INSTANTIATE_TEST_SUITE_P(By, EveryCouponRejection, testing::ValuesIn(EnumValuesRejection()),
                         [](const auto& info) { return EnumNameRejection(info.param); });

TEST(Coupons, KeepWhatTheMerchantHandedIn) { life().when(submit()).then(submitted()); }

TEST(Coupons, MayBeWorthAnAmountOfMoney) {
  SubmitT wish = submit();
  wish.discount->percent = flatbuffers::nullopt;
  wish.discount->amount_minor = 9'007'199'254'740'991;
  wish.discount->currency = "EUR";
  SubmittedT event = submitted();
  event.discount = std::make_unique<DiscountT>(*wish.discount);
  life().when(wish).then(event);
}

TEST(Coupons, MayDoWithoutTerms) {
  SubmitT wish = submit();
  wish.terms.clear();
  SubmittedT event = submitted();
  event.terms.clear();
  life().when(wish).then(event);
}

TEST(Coupons, LiveUntilTheVeryInstantOfExpiry) {
  life().at({expiry - 1}).when(submit()).then(submitted());
  handed_in()
      .at({expiry - 1})
      .when(approve())
      .then(ApprovedT{.reviewer = "rita", .score = 90, .reasons = {"clear terms"}})
      .when(PublishT{})
      .then(PublishedT{})
      .at({expiry})
      .when(withdraw())
      .then(WithdrawnT{.reason = "sold out"});
}

TEST(Coupons, AreJudgedWithOrWithoutScoreAndReasons) {
  handed_in().when(ApproveT{.reviewer = "rita"}).then(ApprovedT{.reviewer = "rita"});
  handed_in()
      .when(ApproveT{.reviewer = "rita", .score = 0})
      .then(ApprovedT{.reviewer = "rita", .score = 0});
  handed_in().when(reject()).then(
      RejectedT{.reviewer = "rita", .score = 5, .reasons = {"not theirs to give"}});
}

TEST(Coupons, AreWithdrawnInAnyState) {
  const WithdrawnT gone{.reason = "sold out"};
  handed_in().when(withdraw()).then(gone);
  approved().when(withdraw()).then(gone);
  turned_down().when(withdraw()).then(gone);
  published().when(withdraw()).then(gone);
}

TEST(Coupons, SpeakOfWithdrawalBeforeExpiryAndOfExpiryBeforeTheVerdict) {
  withdrawn().at({expiry}).when(approve()).then(Rejection::withdrawn);
  withdrawn().at({expiry}).when(PublishT{}).then(Rejection::withdrawn);
  turned_down().at({expiry}).when(approve()).then(Rejection::expired);
  turned_down().at({expiry}).when(PublishT{}).then(Rejection::expired);
  published().at({expiry}).when(PublishT{}).then(Rejection::expired);
  handed_in().at({expiry}).when(submit()).then(Rejection::already_submitted);
}

}  // namespace
}  // namespace spate::coupons
