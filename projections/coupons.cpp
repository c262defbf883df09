// Folds the events of a coupon into its view.
#include "engine/api/projection.hpp"
#include "schemas/coupons_generated.h"

namespace spate::coupons {
namespace {

struct CouponViews
    : Projects<Members<EventTraits, Submitted, Approved, Rejected, Published, Withdrawn>,
               Members<ViewTraits, Coupon>> {
  static constexpr uint32_t version = 1;

  static void apply(Views& views, const Submitted& e) {
    SubmittedT event;
    e.UnPackTo(&event);
    CouponT coupon;
    coupon.coupon = views.stream();
    coupon.merchant = event.merchant;
    coupon.code = event.code;
    coupon.title = event.title;
    coupon.discount = std::move(event.discount);
    coupon.terms = event.terms;
    coupon.state = State::submitted;
    coupon.submitted_at = views.at().ns;
    coupon.expires_at = event.expires_at;
    coupon.version = 1;
    views.put(coupon);
  }
  static void apply(Views& views, const Approved& e) { judge(views, e, State::approved); }
  static void apply(Views& views, const Rejected& e) { judge(views, e, State::rejected); }
  static void apply(Views& views, const Published&) {
    change(views, [&](CouponT& coupon) {
      coupon.state = State::published;
      coupon.published_at = views.at().ns;
    });
  }
  static void apply(Views& views, const Withdrawn&) {
    change(views, [&](CouponT& coupon) { coupon.state = State::withdrawn; });
  }

  static void derive(const Coupon& coupon, Instant now, Derived& out) {
    out.set("expired", now.ns >= coupon.expires_at().value());
  }

 private:
  template <class Change>
  static void change(Views& views, Change change_to) {
    views.update<Coupon>({}, [&](CouponT& coupon) {
      ++coupon.version;
      change_to(coupon);
    });
  }
  template <class Judgement>
  static void judge(Views& views, const Judgement& e, State state) {
    typename Judgement::NativeTableType judgement;
    e.UnPackTo(&judgement);
    change(views, [&](CouponT& coupon) {
      coupon.state = state;
      coupon.score = judgement.score;
      coupon.reasons = judgement.reasons;
      coupon.reviewer = judgement.reviewer;
      coupon.judged_at = views.at().ns;
    });
  }
};

}  // namespace

const ProjectionTable& projection() { return make_projection<CouponViews>(); }

}  // namespace spate::coupons
