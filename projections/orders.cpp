// Folds the events of orders into the view of each order, and of each customer over all orders.
#include <algorithm>

#include "engine/api/projection.hpp"
#include "schemas/orders_generated.h"

namespace spate::orders {
namespace {

constexpr uint64_t shown_max = (uint64_t{1} << 53) - 1;

struct OrderViews : Projects<Members<EventTraits, Placed, Paid, Shipped, Cancelled, RefundDue>,
                             Members<ViewTraits, Order, Customer>> {
  static constexpr uint32_t version = 1;

  static void apply(Views& views, const Placed& e) {
    PlacedT event;
    e.UnPackTo(&event);
    OrderT order;
    order.order = views.stream();
    order.customer = event.customer;
    order.items = std::move(event.items);
    order.currency = event.currency;
    order.total_minor = event.total_minor;
    order.state = State::placed;
    order.placed_at = views.at().ns;
    order.version = 1;
    views.put(order);
    views.update<Customer>(event.customer, [&](CustomerT& customer) {
      customer.customer = event.customer;
      ++customer.orders;
      customer.last_order_at = later(customer.last_order_at, views.at().ns);
    });
  }
  static void apply(Views& views, const Paid& e) {
    change(views, [&](OrderT& order) {
      order.state = State::paid;
      order.payment = text(e.payment());
      order.paid_at = views.at().ns;
    });
    spend(views, e.currency(), static_cast<uint64_t>(e.amount_minor()));
  }
  static void apply(Views& views, const Shipped& e) {
    change(views, [&](OrderT& order) {
      order.state = State::shipped;
      order.carrier = text(e.carrier());
      order.tracking = text(e.tracking());
      order.shipped_at = views.at().ns;
    });
  }
  static void apply(Views& views, const Cancelled&) {
    change(views, [&](OrderT& order) {
      order.state = State::cancelled;
      order.cancelled_at = views.at().ns;
    });
  }
  static void apply(Views& views, const RefundDue& e) {
    change(views, [](OrderT&) {});
    spend(views, e.currency(), uint64_t{0} - static_cast<uint64_t>(e.amount_minor()));
  }

  /// Joins what two partitions know of one customer.
  static void merge(CustomerT& into, const Customer& from) {
    into.customer = text(from.customer());
    into.orders += from.orders();
    into.last_order_at = later(into.last_order_at, from.last_order_at());
    if (from.spent() == nullptr) return;
    for (const Spent* spent : *from.spent())
      add(into.spent, text(spent->currency()), spent->exact_minor());
  }

 private:
  using Time = flatbuffers::Optional<int64_t>;
  static Time later(Time a, Time b) { return !a ? b : !b ? a : std::max(*a, *b); }

  template <class Change>
  static void change(Views& views, Change change_to) {
    views.update<Order>({}, [&](OrderT& order) {
      ++order.version;
      change_to(order);
    });
  }
  static void spend(Views& views, const flatbuffers::String* currency, uint64_t amount) {
    const std::string who(text(views.find<Order>()->customer()));
    views.update<Customer>(who, [&](CustomerT& c) { add(c.spent, text(currency), amount); });
  }
  /// Keeps the list sorted by currency and without entries of nothing.
  static void add(std::vector<std::unique_ptr<SpentT>>& spent, std::string_view currency,
                  uint64_t amount) {
    auto at = std::find_if(spent.begin(), spent.end(),
                           [&](const auto& entry) { return entry->currency >= currency; });
    if (at == spent.end() || (*at)->currency != currency) {
      at = spent.insert(at, std::make_unique<SpentT>());
      (*at)->currency = currency;
    }
    (*at)->exact_minor += amount;
    (*at)->amount_minor = static_cast<int64_t>(std::min((*at)->exact_minor, shown_max));
    if ((*at)->exact_minor == 0) spent.erase(at);
  }
};

}  // namespace

const ProjectionTable& projection() { return make_projection<OrderViews>(); }

}  // namespace spate::orders
