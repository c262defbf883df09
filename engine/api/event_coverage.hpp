// Event coverage: handler and projection have every event of the schema, in its newest version,
// and there is an upcaster from each older one to the next; else they do not compile (I4).
#pragma once
#include "engine/api/event_versions.hpp"
#include "engine/api/types.hpp"
#include "engine/api/upcast.hpp"

namespace spate::detail {

/// "Added" for Event::Added, empty for a number without a name. From the compiler's own text of
/// the function: "… [with auto value = spate::counters::Event::Added; …]".
template <auto value>
constexpr std::string_view enumerator_name() {
  std::string_view text = __PRETTY_FUNCTION__;
  text.remove_prefix(text.find("value = ") + 8);
  text = text.substr(0, text.find_first_of(";]"));
  if (text.front() == '(' || (text.front() >= '0' && text.front() <= '9')) return {};
  return text.substr(text.rfind(':') + 1);
}

/// "Added" of the table spate.counters.Added.
template <class Table>
constexpr std::string_view table_name() {
  const std::string_view name = Table::GetFullyQualifiedName();
  return name.substr(name.rfind('.') + 1);
}

template <auto event, template <class> class T, class... Es>
constexpr bool lists(Members<T, Es...>) {
  return ((T<Es>::enum_value == event) || ...);
}

/// Calls `visit.operator()<event>()` for every member of the union.
template <class Event, class Visit>
constexpr void each_event(Visit visit) {
  [&]<std::size_t... i>(std::index_sequence<i...>) {
    const auto one = [&]<auto event>() {
      if constexpr (!enumerator_name<event>().empty()) visit.template operator()<event>();
    };
    (one.template operator()<static_cast<Event>(i + 1)>(), ...);
  }(std::make_index_sequence<static_cast<std::size_t>(Event::MAX)>{});
}

template <class Event>
constexpr bool has_newer_version(std::string_view name) {
  bool found = false;
  each_event<Event>(
      [&]<auto event>() { found |= is_newer_version(name, enumerator_name<event>()); });
  return found;
}

template <template <class> class T, class First, class... Es>
auto event_enum(Members<T, First, Es...>) -> std::remove_cv_t<decltype(T<First>::enum_value)>;

template <class Handler, auto event>
struct EventOfHandler {
  static constexpr bool is_newest =
      !has_newer_version<decltype(event)>(enumerator_name<event>());
  static constexpr bool is_listed = lists<event>(typename Handler::Events{});
  static constexpr bool is_old = lists<event>(typename Handler::OldEvents{});
  static_assert(is_newest || !is_listed,
                "this event of union Event has a newer version: list that one in Members, emit and "
                "evolve it, and move this one to OldEvents with an upcaster");
  static_assert(is_newest || is_old,
                "this event of union Event has a newer version, but is not in OldEvents: history "
                "may hold it; write `using OldEvents = Members<EventTraits, …>` with it, and "
                "`static NEXTT upcast(const THIS& e)`");
  static_assert(!is_newest || !is_old,
                "this event is in OldEvents, but union Event of the schema has no newer version of "
                "it: add the table …V2 (…V3) with a number of its own");
  static_assert(!is_newest || is_listed,
                "this event of union Event is not listed by the handler: add it to "
                "Members<EventTraits, …>, with rows and evolve");
  static constexpr bool holds = true;
};

template <class Projection, auto event>
struct EventOfProjection {
  static constexpr bool is_newest =
      !has_newer_version<decltype(event)>(enumerator_name<event>());
  static constexpr bool is_listed = lists<event>(typename Projection::Events{});
  static_assert(is_newest || !is_listed,
                "this event of union Event has a newer version, and projections see that one only: "
                "list the newest in Members<EventTraits, …>, and apply it");
  static_assert(!is_newest || is_listed,
                "this event of union Event is not listed by the projection: add it to "
                "Members<EventTraits, …>, and apply it");
  static constexpr bool holds = true;
};

template <class Handler, class Old>
struct UpcastOf {
  static_assert(requires(const Old& event) { Handler::upcast(event); },
                "an event in OldEvents needs `static NEXTT upcast(const OLD& e)` in the handler, "
                "which makes its next version of it");
  using Next = typename decltype(Handler::upcast(std::declval<const Old&>()))::TableType;
  static_assert(is_next_version(table_name<Old>(), table_name<Next>()),
                "an upcaster goes from one version of an event to the next: Added to AddedV2, "
                "AddedV2 to AddedV3; never back, and past none");

  static bool make(Bytes payload, flatbuffers::FlatBufferBuilder& builder) {
    const auto made = Handler::upcast(root<Old>(payload));
    builder.Finish(Next::Pack(builder, &made));
    flatbuffers::Verifier verifier(builder.GetBufferPointer(), builder.GetSize());
    return verifier.VerifyBuffer<Next>(nullptr);
  }
};

template <class Handler, class Newest>
struct NoUpcastOf {
  static_assert(!requires(const Newest& event) { Handler::upcast(event); },
                "there is an upcaster from this event, but it is listed as the newest version: "
                "list the one it leads to, and this one in OldEvents");
  static constexpr bool holds = true;
};

template <class Handler, template <class> class T, class... Olds>
constexpr auto all_upcasts(Members<T, Olds...>) {
  std::array<UpcastStep, Members<T, Olds...>::ids_end()> steps{};
  ((steps[Members<T, Olds...>::template id_of<Olds>] =
        {&UpcastOf<Handler, Olds>::make,
         static_cast<uint16_t>(T<typename UpcastOf<Handler, Olds>::Next>::enum_value),
         table_name<Olds>(), table_name<typename UpcastOf<Handler, Olds>::Next>()}),
   ...);
  return steps;
}

template <class Handler, template <class> class T, class... Es>
constexpr bool covers_events(Members<T, Es...> listed) {
  bool holds = (NoUpcastOf<Handler, Es>::holds && ...);
  each_event<decltype(event_enum(listed))>(
      [&]<auto event>() { holds &= EventOfHandler<Handler, event>::holds; });
  return holds;
}

template <class Projection, template <class> class T, class... Es>
constexpr bool projects_events(Members<T, Es...> listed) {
  bool holds = true;
  each_event<decltype(event_enum(listed))>(
      [&]<auto event>() { holds &= EventOfProjection<Projection, event>::holds; });
  return holds;
}

template <class>
struct NoneOf;
template <template <class> class T, class... Ts>
struct NoneOf<Members<T, Ts...>> {
  using Type = Members<T>;
};

}  // namespace spate::detail
