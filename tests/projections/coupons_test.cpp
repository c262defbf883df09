// The coupon's view through its life.
#include <gtest/gtest.h>

#include "schemas/coupons_generated.h"
#include "tests/support/view_kit.hpp"

namespace spate::coupons {
namespace {

using CouponViews = ViewScenario<EventUnionTraits, ViewTraits>;

constexpr int64_t start = scenario_start.ns;
constexpr int64_t expiry = start_plus(hours(24)).ns;

SubmittedT submitted() {
  SubmittedT event;
  event.merchant = "lamps-and-more";
  event.code = "SPRING10";
  event.title = "Ten percent off";
  event.discount = std::make_unique<DiscountT>();
  event.discount->percent = 10;
  event.expires_at = expiry;
  return event;
}
CouponViews handed_in() {
  CouponViews views("coupons");
  views.on("spring").given(submitted());
  return views;
}
CouponT expected(State state, uint64_t version) {
  CouponT view;
  view.coupon = "spring";
  view.merchant = "lamps-and-more";
  view.code = "SPRING10";
  view.title = "Ten percent off";
  view.discount = std::make_unique<DiscountT>();
  view.discount->percent = 10;
  view.state = state;
  view.expired = false;
  view.submitted_at = start;
  view.expires_at = expiry;
  view.version = version;
  return view;
}
CouponT judged(State state, uint64_t version) {
  CouponT view = expected(state, version);
  view.score = 90;
  view.reasons = {"clear", "cheap"};
  view.reviewer = "rita";
  view.judged_at = start_plus(hours(1)).ns;
  return view;
}

TEST(CouponViews, ShowWhatWasHandedIn) { handed_in().then(expected(State::submitted, 1)); }

TEST(CouponViews, ShowTheVerdictAndThePublication) {
  CouponT published = judged(State::published, 3);
  published.published_at = start_plus(hours(2)).ns;
  CouponT withdrawn = published;
  withdrawn.state = State::withdrawn;
  withdrawn.version = 4;
  handed_in()
      .wait(hours(1))
      .given(ApprovedT{.reviewer = "rita", .score = 90, .reasons = {"clear", "cheap"}})
      .then(judged(State::approved, 2))
      .wait(hours(1))
      .given(PublishedT{})
      .then(published)
      .wait(hours(1))
      .given(WithdrawnT{.reason = "sold out"})
      .then(withdrawn);
}

TEST(CouponViews, ShowWhyACouponWasTurnedDown) {
  handed_in()
      .wait(hours(1))
      .given(RejectedT{.reviewer = "rita", .score = 90, .reasons = {"clear", "cheap"}})
      .then(judged(State::rejected, 2));
}

TEST(CouponViews, ExpireWithoutAnEvent) {
  CouponT expired = expected(State::submitted, 1);
  expired.expired = true;
  handed_in().at({expiry - 1}).then(expected(State::submitted, 1)).at({expiry}).then(expired);
}

}  // namespace
}  // namespace spate::coupons
