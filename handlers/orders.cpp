// Decides the life of an order: placed, paid in full, shipped, or cancelled before.
#include "engine/api/handler.hpp"
#include "schemas/orders_generated.h"

namespace spate::orders {
namespace {

/// The largest integer that every reader of JSON keeps exact.
constexpr int64_t total_max = (int64_t{1} << 53) - 1;

struct Orders : Handles<Members<CommandTraits, Place, Pay, Ship, Cancel>,
                        Members<EventTraits, Placed, Paid, Shipped, Cancelled, RefundDue>,
                        Members<RowTraits, OrderRow>> {
  static constexpr uint32_t evolve_version = 1;

  template <class T>
  static void rows(Names& names, const T&) {
    names.add<OrderRow>();
  }

  static Verdict decide(const Rows& rows, const Place& place, Emit& emit) {
    if (rows.find<OrderRow>() != nullptr) return Rejection::already_placed;
    const __int128 total = total_of(place);
    if (total > total_max) return rejected(Rejection::total_too_large).with("limit", total_max);
    PlaceT wish;
    place.UnPackTo(&wish);
    PlacedT placed;
    placed.customer = wish.customer;
    placed.items = std::move(wish.items);
    placed.currency = wish.currency;
    placed.total_minor = static_cast<int64_t>(total);
    emit(placed);
    return accepted;
  }

  static Verdict decide(const Rows& rows, const Pay& pay, Emit& emit) {
    const OrderRow* order = rows.find<OrderRow>();
    if (order == nullptr) return Rejection::unknown_order;
    if (order->state() == State::cancelled) return Rejection::cancelled;
    if (order->state() != State::placed) return Rejection::already_paid;
    if (*pay.amount_minor() != order->total_minor() || text(pay.currency()) != currency_of(*order))
      return rejected(Rejection::wrong_amount).with("expected_minor", order->total_minor());
    emit(CreatePaid(emit.builder(), emit.copy(pay.payment()), *pay.amount_minor(),
                    emit.copy(pay.currency())));
    return accepted;
  }

  static Verdict decide(const Rows& rows, const Ship& ship, Emit& emit) {
    const OrderRow* order = rows.find<OrderRow>();
    if (order == nullptr) return Rejection::unknown_order;
    if (order->state() == State::cancelled) return Rejection::cancelled;
    if (order->state() == State::placed) return Rejection::not_paid;
    if (order->state() == State::shipped) return Rejection::already_shipped;
    emit(CreateShipped(emit.builder(), emit.copy(ship.carrier()), emit.copy(ship.tracking())));
    return accepted;
  }

  static Verdict decide(const Rows& rows, const Cancel& cancel, Emit& emit) {
    const OrderRow* order = rows.find<OrderRow>();
    if (order == nullptr) return Rejection::unknown_order;
    if (order->state() == State::cancelled) return Rejection::cancelled;
    if (order->state() == State::shipped) return Rejection::already_shipped;
    const std::string reason(text(cancel.reason()));
    emit(CancelledT{.reason = reason});
    if (order->state() == State::paid)
      emit(RefundDueT{.reason = reason,
                      .amount_minor = order->total_minor(),
                      .currency = std::string(currency_of(*order))});
    return accepted;
  }

  /// 100 lines × 10,000 pieces × 2^63-1 fits many times over.
  static __int128 total_of(const Place& place) {
    __int128 total = 0;
    for (const Item* item : *place.items())
      total += static_cast<__int128>(*item->quantity()) * *item->unit_price_minor();
    return total;
  }
  static std::string_view currency_of(const OrderRow& order) {
    return {reinterpret_cast<const char*>(order.currency()->data()), order.currency()->size()};
  }

  static void evolve(Rows& rows, const Placed& e) {
    OrderRow& order = rows.edit<OrderRow>();
    order.mutate_total_minor(e.total_minor());
    for (uint32_t i = 0; i < order.currency()->size(); ++i)
      order.mutable_currency()->Mutate(i, e.currency()->Get(i));
    order.mutate_state(State::placed);
  }
  static void evolve(Rows& rows, const Paid&) { turn(rows, State::paid); }
  static void evolve(Rows& rows, const Shipped&) { turn(rows, State::shipped); }
  static void evolve(Rows& rows, const Cancelled&) { turn(rows, State::cancelled); }
  static void evolve(Rows&, const RefundDue&) {}
  static void turn(Rows& rows, State state) { rows.edit<OrderRow>().mutate_state(state); }
};

}  // namespace

const HandlerTable& handler() { return make_handler<Orders>(); }

}  // namespace spate::orders
