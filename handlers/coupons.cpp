// Decides the life of a coupon: submitted, judged once, published, withdrawn.
#include "engine/api/handler.hpp"
#include "schemas/coupons_generated.h"

namespace spate::coupons {
namespace {

struct Coupons : Handles<Members<CommandTraits, Submit, Approve, Reject, Publish, Withdraw>,
                         Members<EventTraits, Submitted, Approved, Rejected, Published, Withdrawn>,
                         Members<RowTraits, CouponRow>> {
  static constexpr uint32_t evolve_version = 1;

  template <class T>
  static void rows(Names& names, const T&) {
    names.add<CouponRow>();
  }

  static Verdict decide(const Rows& rows, const Submit& submit, Emit& emit) {
    if (rows.find<CouponRow>() != nullptr) return Rejection::already_submitted;
    if (*submit.expires_at() <= rows.now().ns) return Rejection::expires_in_the_past;
    SubmitT wish;
    submit.UnPackTo(&wish);
    SubmittedT submitted;
    submitted.merchant = wish.merchant;
    submitted.code = wish.code;
    submitted.title = wish.title;
    submitted.discount = std::move(wish.discount);
    submitted.expires_at = wish.expires_at;
    submitted.terms = wish.terms;
    emit(submitted);
    return accepted;
  }

  static Verdict decide(const Rows& rows, const Approve& approve, Emit& emit) {
    if (const Verdict no = may_be_judged(rows); !no.is_accepted()) return no;
    ApproveT wish;
    approve.UnPackTo(&wish);
    emit(ApprovedT{.reviewer = wish.reviewer, .score = wish.score, .reasons = wish.reasons});
    return accepted;
  }

  static Verdict decide(const Rows& rows, const Reject& reject, Emit& emit) {
    if (const Verdict no = may_be_judged(rows); !no.is_accepted()) return no;
    RejectT wish;
    reject.UnPackTo(&wish);
    emit(RejectedT{.reviewer = wish.reviewer, .score = wish.score, .reasons = wish.reasons});
    return accepted;
  }

  static Verdict decide(const Rows& rows, const Publish&, Emit& emit) {
    const CouponRow* coupon = rows.find<CouponRow>();
    if (const Verdict no = is_alive(coupon, rows.now()); !no.is_accepted()) return no;
    if (coupon->state() == State::submitted || coupon->state() == State::rejected)
      return Rejection::not_approved;
    if (coupon->state() == State::published) return Rejection::already_published;
    emit(PublishedT{});
    return accepted;
  }

  static Verdict decide(const Rows& rows, const Withdraw& withdraw, Emit& emit) {
    const CouponRow* coupon = rows.find<CouponRow>();
    if (coupon == nullptr) return Rejection::unknown_coupon;
    if (coupon->state() == State::withdrawn) return Rejection::withdrawn;
    emit(CreateWithdrawn(emit.builder(), emit.copy(withdraw.reason())));
    return accepted;
  }

  static Verdict is_alive(const CouponRow* coupon, Instant now) {
    if (coupon == nullptr) return Rejection::unknown_coupon;
    if (coupon->state() == State::withdrawn) return Rejection::withdrawn;
    if (now.ns >= coupon->expires_at()) return Rejection::expired;
    return accepted;
  }
  static Verdict may_be_judged(const Rows& rows) {
    const CouponRow* coupon = rows.find<CouponRow>();
    if (const Verdict no = is_alive(coupon, rows.now()); !no.is_accepted()) return no;
    if (coupon->state() != State::submitted) return Rejection::already_judged;
    return accepted;
  }

  static void evolve(Rows& rows, const Submitted& e) {
    CouponRow& coupon = rows.edit<CouponRow>();
    coupon.mutate_expires_at(e.expires_at().value());
    coupon.mutate_state(State::submitted);
  }
  static void evolve(Rows& rows, const Approved&) { turn(rows, State::approved); }
  static void evolve(Rows& rows, const Rejected&) { turn(rows, State::rejected); }
  static void evolve(Rows& rows, const Published&) { turn(rows, State::published); }
  static void evolve(Rows& rows, const Withdrawn&) { turn(rows, State::withdrawn); }
  static void turn(Rows& rows, State state) { rows.edit<CouponRow>().mutate_state(state); }
};

}  // namespace

const HandlerTable& handler() { return make_handler<Coupons>(); }

}  // namespace spate::coupons
