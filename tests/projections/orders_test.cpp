// The order's view through its life, and the customer's over all orders and partitions.
#include <gtest/gtest.h>

#include "schemas/orders_generated.h"
#include "tests/support/view_kit.hpp"

namespace spate::orders {
namespace {

using OrderViews = ViewScenario<EventUnionTraits, ViewTraits>;

constexpr int64_t shown_max = 9'007'199'254'740'991;

int64_t hour(int n) { return start_plus(hours(n)).ns; }

template <class Object>
Object with_item(int64_t total, const char* currency = "EUR", const char* customer = "ada") {
  Object object;
  object.customer = customer;
  object.items.push_back(std::make_unique<ItemT>());
  object.items[0]->sku = "lamp";
  object.items[0]->quantity = 1;
  object.items[0]->unit_price_minor = total;
  object.currency = currency;
  object.total_minor = total;
  return object;
}
PlacedT placed(int64_t total, const char* currency = "EUR", const char* customer = "ada") {
  return with_item<PlacedT>(total, currency, customer);
}
PaidT paid(int64_t amount, const char* currency = "EUR") {
  return {.payment = "pay-1", .amount_minor = amount, .currency = currency};
}
RefundDueT refund(int64_t amount, const char* currency = "EUR") {
  return {.reason = "late", .amount_minor = amount, .currency = currency};
}

struct Sum {
  const char* currency;
  int64_t amount_minor;
};
CustomerT customer(uint64_t orders, int64_t last, std::vector<Sum> spent) {
  CustomerT view;
  view.customer = "ada";
  view.orders = orders;
  view.last_order_at = last;
  for (const Sum& sum : spent) {
    view.spent.push_back(std::make_unique<SpentT>());
    view.spent.back()->currency = sum.currency;
    view.spent.back()->amount_minor = sum.amount_minor;
    view.spent.back()->exact_minor = static_cast<uint64_t>(sum.amount_minor);
  }
  return view;
}

TEST(OrderViews, FollowAnOrderToItsCustomer) {
  OrderT order = with_item<OrderT>(700);
  order.order = "order-7";
  order.state = State::placed;
  order.placed_at = hour(0);
  order.version = 1;
  OrderT paid_order = order;
  paid_order.state = State::paid;
  paid_order.payment = "pay-1";
  paid_order.paid_at = hour(1);
  paid_order.version = 2;
  OrderT shipped = paid_order;
  shipped.state = State::shipped;
  shipped.carrier = "Royal Mail";
  shipped.tracking = "RM 1";
  shipped.shipped_at = hour(2);
  shipped.version = 3;
  OrderViews("orders")
      .on("order-7")
      .given(placed(700))
      .then(order)
      .wait(hours(1))
      .given(paid(700))
      .then(paid_order)
      .wait(hours(1))
      .given(ShippedT{.carrier = "Royal Mail", .tracking = "RM 1"})
      .then(shipped)
      .then(customer(1, hour(0), {{"EUR", 700}}), "ada");
}

TEST(OrderViews, FollowAPaidOrderToItsCancellation) {
  OrderT cancelled = with_item<OrderT>(700);
  cancelled.order = "order-7";
  cancelled.state = State::cancelled;
  cancelled.payment = "pay-1";
  cancelled.placed_at = hour(0);
  cancelled.paid_at = hour(1);
  cancelled.cancelled_at = hour(2);
  cancelled.version = 4;
  OrderViews("orders")
      .on("order-7")
      .given(placed(700))
      .wait(hours(1))
      .given(paid(700))
      .then(customer(1, hour(0), {{"EUR", 700}}), "ada")
      .wait(hours(1))
      .given(CancelledT{.reason = "late"})
      .given(refund(700))
      .then(cancelled)
      .then(customer(1, hour(0), {}), "ada");
}

TEST(CustomerView, GathersOrdersOfAllStreamsByCurrency) {
  OrderViews("orders")
      .on("a")
      .given(placed(700))
      .given(paid(700))
      .on("b")
      .wait(hours(1))
      .given(placed(50, "CHF"))
      .given(paid(50, "CHF"))
      .on("c")
      .wait(hours(1))
      .given(placed(300))
      .given(paid(300))
      .on("d")
      .wait(hours(1))
      .given(placed(999))
      .on("e")
      .given(placed(1, "EUR", "bob"))
      .then(customer(4, hour(3), {{"CHF", 50}, {"EUR", 1000}}), "ada");
}

TEST(CustomerView, NeverShowsMoreThanJsonKeepsExactAndStillTakesARefundAway) {
  CustomerT capped = customer(2, hour(0), {{"EUR", shown_max}});
  capped.spent[0]->exact_minor = 2 * static_cast<uint64_t>(shown_max);
  OrderViews("orders")
      .on("a")
      .given(placed(shown_max))
      .given(paid(shown_max))
      .on("b")
      .given(placed(shown_max))
      .given(paid(shown_max))
      .then(capped, "ada")
      .given(CancelledT{.reason = "late"})
      .given(refund(shown_max))
      .then(customer(2, hour(0), {{"EUR", shown_max}}), "ada");
}

std::string part(CustomerT view) { return Message::pack(OrderViews::id<Customer>(), view).payload; }

TEST(CustomerView, JoinsPartitionsInAnyOrder) {
  const Domain& domain = domain_named("orders");
  const std::vector<std::string> parts{
      part(customer(1, hour(3), {{"EUR", 700}})),
      part(customer(2, hour(5), {{"CHF", 50}, {"USD", 1}})), part(customer(4, hour(1), {})),
      part(customer(8, hour(4), {{"AUD", 9}, {"EUR", shown_max}}))};
  CustomerT joined =
      customer(15, hour(5), {{"AUD", 9}, {"CHF", 50}, {"EUR", shown_max}, {"USD", 1}});
  joined.spent[2]->exact_minor = 700 + static_cast<uint64_t>(shown_max);
  EXPECT_EQ(merged_in_every_order(domain, OrderViews::id<Customer>(), parts),
            member_text(domain, "View", OrderViews::id<Customer>(), as_bytes(part(joined))));
}

}  // namespace
}  // namespace spate::orders
