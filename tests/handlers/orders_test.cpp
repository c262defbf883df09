// Orders: every refusal of every command, totals at their limits, refunds.
#include <gtest/gtest.h>

#include "schemas/orders_generated.h"
#include "tests/support/given_when_then.hpp"

namespace spate::orders {
namespace {

using Life = Scenario<CommandUnionTraits, EventUnionTraits>;

constexpr int64_t total_max = 9'007'199'254'740'991;

struct Line {
  uint32_t quantity;
  int64_t unit_price_minor;
};

template <class Object>
Object with_items(std::initializer_list<Line> lines) {
  Object object;
  object.customer = "ada";
  object.currency = "EUR";
  for (const Line& line : lines) {
    auto item = std::make_unique<ItemT>();
    item->sku = "sku-" + std::to_string(object.items.size() + 1);
    item->quantity = line.quantity;
    item->unit_price_minor = line.unit_price_minor;
    object.items.push_back(std::move(item));
  }
  return object;
}
PlaceT place(std::initializer_list<Line> lines) { return with_items<PlaceT>(lines); }
PlacedT placed_event(std::initializer_list<Line> lines, int64_t total) {
  PlacedT event = with_items<PlacedT>(lines);
  event.total_minor = total;
  return event;
}
PayT pay(int64_t amount = 700, const char* currency = "EUR") {
  return {.payment = "pay-1", .amount_minor = amount, .currency = currency};
}
ShipT ship() { return {.carrier = "Royal Mail", .tracking = "RM 1"}; }
CancelT cancel() { return {.reason = "changed my mind"}; }

Life life() { return Life("orders", "order-7"); }
Life placed() { return life().given(place({{2, 150}, {1, 400}})); }
Life paid() { return placed().given(pay()); }
Life shipped() { return paid().given(ship()); }
Life cancelled() { return placed().given(cancel()); }

class EveryOrderRejection : public testing::TestWithParam<Rejection> {};

TEST_P(EveryOrderRejection, IsGivenByEveryCommandThatMayGiveIt) {
  const Rejection no = GetParam();
  switch (no) {  // without a case for each rejection this does not compile
    case Rejection::already_placed:
      for (Life (*known)() : {placed, paid, shipped, cancelled})
        known().when(place({{1, 1}})).then(no);
      break;
    case Rejection::total_too_large:
      life().when(place({{1, total_max + 1}})).then(rejected(no).with("limit", total_max));
      life().when(place({{1, total_max}, {1, 1}})).then(rejected(no).with("limit", total_max));
      life().when(place({{10'000, INT64_MAX}})).then(rejected(no).with("limit", total_max));
      break;
    case Rejection::unknown_order:
      life().when(pay()).then(no);
      life().when(ship()).then(no);
      life().when(cancel()).then(no);
      break;
    case Rejection::cancelled:
      cancelled().when(pay()).then(no);
      cancelled().when(ship()).then(no);
      cancelled().when(cancel()).then(no);
      break;
    case Rejection::already_paid:
      paid().when(pay()).then(no);
      shipped().when(pay()).then(no);
      break;
    case Rejection::wrong_amount:
      for (const PayT& wrong : {pay(699), pay(701), pay(0), pay(700, "USD")})
        placed().when(wrong).then(rejected(no).with("expected_minor", 700));
      break;
    case Rejection::not_paid:
      placed().when(ship()).then(no);
      break;
    case Rejection::already_shipped:
      shipped().when(ship()).then(no);
      shipped().when(cancel()).then(no);
      break;
  }
}
INSTANTIATE_TEST_SUITE_P(By, EveryOrderRejection, testing::ValuesIn(EnumValuesRejection()),
                         [](const auto& info) { return EnumNameRejection(info.param); });

TEST(Orders, AddUpTheirLines) {
  life().when(place({{2, 150}, {1, 400}})).then(placed_event({{2, 150}, {1, 400}}, 700));
  life().when(place({{1, 0}})).then(placed_event({{1, 0}}, 0));
}

TEST(Orders, ReachTheLargestTotalThereIs) {
  life().when(place({{1, total_max}})).then(placed_event({{1, total_max}}, total_max));
  life()
      .when(place({{1, total_max - 1}, {1, 1}}))
      .then(placed_event({{1, total_max - 1}, {1, 1}}, total_max));
}

TEST(Orders, DoNotWrapAround) {
  // Modulo 2^64 this is 2: 2 × (2^63 - 1) + 4.
  life()
      .when(place({{2, INT64_MAX}, {4, 1}}))
      .then(rejected(Rejection::total_too_large).with("limit", total_max));
}

TEST(Orders, ArePaidExactly) {
  placed().when(pay()).then(PaidT{.payment = "pay-1", .amount_minor = 700, .currency = "EUR"});
  life()
      .given(place({{1, 0}}))
      .when(pay(0))
      .then(PaidT{.payment = "pay-1", .amount_minor = 0, .currency = "EUR"});
}

TEST(Orders, AreShippedOncePaid) {
  paid().when(ship()).then(ShippedT{.carrier = "Royal Mail", .tracking = "RM 1"});
}

TEST(Orders, OweNothingWhenCancelledUnpaid) {
  placed().when(cancel()).then(CancelledT{.reason = "changed my mind"});
}

TEST(Orders, OweARefundWhenCancelledPaid) {
  paid().when(cancel()).then(
      {CancelledT{.reason = "changed my mind"},
       RefundDueT{.reason = "changed my mind", .amount_minor = 700, .currency = "EUR"}});
}

TEST(Orders, SpeakOfCancellationBeforeAnythingElse) {
  paid().given(cancel()).when(pay(1)).then(Rejection::cancelled);
  paid().given(cancel()).when(ship()).then(Rejection::cancelled);
}

TEST(Orders, SpeakOfBeingPlacedBeforeTheTotalAndOfBeingPaidBeforeTheAmount) {
  placed().when(place({{1, total_max + 1}})).then(Rejection::already_placed);
  paid().when(pay(1)).then(Rejection::already_paid);
}

}  // namespace
}  // namespace spate::orders
