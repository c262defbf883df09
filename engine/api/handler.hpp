// Handler: what a domain author writes to decide commands and evolve state; all of it pure.
#pragma once
#include <concepts>
#include <span>
#include <string>
#include <utility>

#include "engine/api/event_coverage.hpp"
#include "engine/api/rows.hpp"

namespace spate {

struct NamedInteger {
  const char* name = "";
  int64_t value = 0;
};

/// The answer to one command: accepted (what was emitted), or a rejection with up to four integers.
class Verdict {
 public:
  constexpr Verdict() = default;
  template <class Rejection, class = std::enable_if_t<std::is_enum_v<Rejection>>>
  constexpr Verdict(Rejection rejection) : rejection_(static_cast<uint16_t>(rejection)) {}

  /// `name` must be a literal; it is the member of `details` in the answer.
  template <std::integral Integer>
  constexpr Verdict with(const char* name, Integer value) const {
    Verdict copy = *this;
    ENSURE(copy.count_ < copy.details_.size() && std::in_range<int64_t>(value));
    copy.details_[copy.count_++] = {name, static_cast<int64_t>(value)};
    return copy;
  }
  constexpr bool is_accepted() const { return rejection_ == 0; }
  constexpr uint16_t rejection() const { return rejection_; }
  std::span<const NamedInteger> details() const { return {details_.data(), count_}; }

 private:
  uint16_t rejection_ = 0;
  uint8_t count_ = 0;
  std::array<NamedInteger, 4> details_{};
};
inline constexpr Verdict accepted{};

/// `return rejected(Rejection::sold_out).with("remaining", left);`
template <class Rejection>
constexpr Verdict rejected(Rejection rejection) {
  return Verdict(rejection);
}

/// The events of one decision, serialised one after another; reused, so it allocates only to grow.
class EmitCore {
 public:
  struct Emitted {
    uint8_t type;
    uint32_t offset;
    uint32_t size;
  };
  flatbuffers::FlatBufferBuilder& builder() { return builder_; }
  void close(uint8_t type) {
    const std::size_t size = builder_.GetSize();
    const std::size_t padded = aligned_up(size, 8);
    uint8_t* at = bytes_.grow(padded);
    std::memcpy(at, builder_.GetBufferPointer(), size);
    std::memset(at + size, 0, padded - size);
    const std::size_t offset = bytes_.size() - padded;
    events_.push_back({type, static_cast<uint32_t>(offset), static_cast<uint32_t>(size)});
    builder_.Clear();
  }
  void clear() {
    builder_.Clear();
    bytes_.clear();
    events_.clear();
  }
  std::span<const Emitted> events() const { return events_; }
  Bytes payload(const Emitted& e) const { return {bytes_.data() + e.offset, e.size}; }

 private:
  flatbuffers::FlatBufferBuilder builder_;
  ByteBuffer bytes_;
  std::vector<Emitted> events_;
};

/// `emit(CreateRedeemed(emit.builder(), …))` where it must not allocate; `emit(PlacedT{…})`.
template <class EventMembers>
class Emit {
 public:
  explicit Emit(EmitCore& core) : core_(core) {}
  flatbuffers::FlatBufferBuilder& builder() { return core_.builder(); }
  /// A string of the event being built; absent stays absent.
  flatbuffers::Offset<flatbuffers::String> copy(const flatbuffers::String* s) {
    return s == nullptr ? flatbuffers::Offset<flatbuffers::String>{}
                        : core_.builder().CreateString(s->data(), s->size());
  }
  template <class E>
  void operator()(flatbuffers::Offset<E> event) {
    static_assert(EventMembers::template has<E>, "not an event that this handler lists: of events "
                                                 "with versions only the newest is emitted");
    core_.builder().Finish(event);
    core_.close(EventMembers::template id_of<E>);
  }
  template <class Object, class E = typename Object::TableType>
  void operator()(const Object& event) {
    (*this)(E::Pack(core_.builder(), &event));
  }

 private:
  EmitCore& core_;
};

/// One thing wrong with a command whatever the state: an RFC 6901 pointer and a sentence.
struct FieldFault {
  std::string pointer;
  std::string detail;
};
using FieldFaults = std::vector<FieldFault>;

/// The pointer to a member: `pointer_to("questions", 3, "options")` is `/questions/3/options`.
template <class... Steps>
std::string pointer_to(const Steps&... steps) {
  std::string pointer;
  const auto add = [&](const auto& step) {
    pointer += '/';
    if constexpr (std::is_integral_v<std::decay_t<decltype(step)>>) pointer += std::to_string(step);
    else pointer += step;
  };
  (add(steps), ...);
  return pointer;
}

/// A handler without its types: what the engine calls. Index = the member's id in its union.
struct HandlerTable {
  using Names = std::vector<RowName>;
  struct CommandOps {
    void (*rows)(std::string_view stream, Bytes payload, Names& names) = nullptr;
    Verdict (*decide)(RowAccess&, std::string_view stream, Instant now, Bytes payload,
                      EmitCore&) = nullptr;
    void (*check)(Bytes payload, FieldFaults&) = nullptr;  ///< may be null
  };
  struct EventOps {
    void (*rows)(std::string_view stream, Bytes payload, Names& names) = nullptr;
    void (*evolve)(RowAccess&, std::string_view stream, Instant now, Bytes payload) = nullptr;
  };
  std::span<const CommandOps> commands;
  std::span<const EventOps> events;
  uint32_t evolve_version = 0;
  std::span<const UpcastStep> upcasts = {};

  const CommandOps* command(uint16_t type) const {
    return type < commands.size() && commands[type].decide ? &commands[type] : nullptr;
  }
  const EventOps* event(uint16_t type) const {
    return type < events.size() && events[type].evolve ? &events[type] : nullptr;
  }
};

/// What a handler derives from:
/// `struct Redemptions : Handles<Members<CommandTraits, …>, Members<EventTraits, …>,
///                               Members<RowTraits, …>>`
template <class CommandMembers, class EventMembers, class RowMembers>
struct Handles {
  using Commands = CommandMembers;
  using Events = EventMembers;
  using Names = spate::RowNames<RowMembers>;
  using Rows = spate::Rows<RowMembers>;
  using Emit = spate::Emit<EventMembers>;
  /// Versions of events that are read, but made no more: a handler that has some says so by an
  /// OldEvents of its own, and has `static NEXTT upcast(const OLD& e)` for each.
  using OldEvents = typename detail::NoneOf<EventMembers>::Type;
};

namespace detail {

template <class H, class Command>
constexpr HandlerTable::CommandOps command_ops() {
  HandlerTable::CommandOps ops;
  ops.rows = [](std::string_view stream, Bytes payload, HandlerTable::Names& out) {
    typename H::Names names(stream, out);
    H::rows(names, root<Command>(payload));
  };
  ops.decide = [](RowAccess& access, std::string_view stream, Instant now, Bytes payload,
                  EmitCore& core) -> Verdict {
    const typename H::Rows rows(access, stream, now);
    typename H::Emit emit(core);
    return H::decide(rows, root<Command>(payload), emit);
  };
  if constexpr (requires(FieldFaults& f, const Command& c) { H::check(f, c); })
    ops.check = [](Bytes payload, FieldFaults& faults) {
      H::check(faults, root<Command>(payload));
    };
  return ops;
}

template <class H, class Event>
constexpr HandlerTable::EventOps event_ops() {
  HandlerTable::EventOps ops;
  ops.rows = [](std::string_view stream, Bytes payload, HandlerTable::Names& out) {
    typename H::Names names(stream, out);
    H::rows(names, root<Event>(payload));
  };
  ops.evolve = [](RowAccess& access, std::string_view stream, Instant now, Bytes payload) {
    typename H::Rows rows(access, stream, now);
    H::evolve(rows, root<Event>(payload));
  };
  return ops;
}

template <class H, template <class> class T, class... Cs>
constexpr auto all_command_ops(Members<T, Cs...>) {
  std::array<HandlerTable::CommandOps, Members<T, Cs...>::ids_end()> table{};
  ((table[Members<T, Cs...>::template id_of<Cs>] = command_ops<H, Cs>()), ...);
  return table;
}
template <class H, template <class> class T, class... Es>
constexpr auto all_event_ops(Members<T, Es...>) {
  std::array<HandlerTable::EventOps, Members<T, Es...>::ids_end()> table{};
  ((table[Members<T, Es...>::template id_of<Es>] = event_ops<H, Es>()), ...);
  return table;
}

}  // namespace detail

/// The table of handler H. H needs `evolve_version`, and `rows`, `decide` (per command), `rows`,
/// `evolve` (per event); `check` where a command has rules the schema cannot say; `upcast` (per
/// event in OldEvents). It does not compile unless the newest version of every event is listed.
template <class H>
const HandlerTable& make_handler() {
  static constexpr auto commands = detail::all_command_ops<H>(typename H::Commands{});
  static constexpr auto events = detail::all_event_ops<H>(typename H::Events{});
  static constexpr auto upcasts = detail::all_upcasts<H>(typename H::OldEvents{});
  static_assert(detail::covers_events<H>(typename H::Events{}));
  static constexpr HandlerTable table{commands, events, H::evolve_version, upcasts};
  return table;
}

}  // namespace spate
