// given / when / then: a handler under test, without engine, disk or clock.
//
//   Sale("redemptions", "campaign-1")
//       .given(OpenT{.stock = 1})
//       .when(RedeemT{.claimant = "ada"})
//       .then(RedeemedT{.claimant = "ada", .quantity = 1, .remaining = 0, .serial = 1})
//       .when(RedeemT{.claimant = "bob"})
//       .then(rejected(Rejection::sold_out).with("remaining", 0));
//
// What is given: commands, which must be accepted, and events, which are taken as they are; those
// of an older version go through their upcasters.
//
// Beside what a test asks for, every step is checked for what the engine relies upon: decide gives
// the same answer twice and writes nothing; only named rows are touched, and those of an event are
// among those of its command (C4); folding all events afresh gives byte-identical rows.
#pragma once
#include <chrono>
#include <source_location>
#include <string>
#include <vector>

#include "tests/support/given_when_then_store.hpp"
#include "tests/support/given_when_then_text.hpp"

namespace spate {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

/// When a scenario begins: 2026-11-21T09:00:00Z.
inline constexpr Instant scenario_start{1'795'251'600'000'000'000};
constexpr Instant start_plus(nanoseconds passed) { return {scenario_start.ns + passed.count()}; }

/// One command or event, serialised.
struct Message {
  uint16_t type = 0;
  std::string payload;
  template <class Object>
  static Message pack(uint16_t type, const Object& object) {
    flatbuffers::FlatBufferBuilder builder;
    builder.Finish(Object::TableType::Pack(builder, &object));
    return {type, std::string(reinterpret_cast<const char*>(builder.GetBufferPointer()),
                              builder.GetSize())};
  }
  Bytes bytes() const { return as_bytes(payload); }
};

/// The event as handlers and projections see it: in its newest version. An upcaster that fails or
/// makes two things of one event fails the test, and the event stays as it is.
Message newest(const Domain& domain, const Message& event, std::source_location where);

/// What a scenario does, without the domain's types.
class ScenarioSteps {
 public:
  ScenarioSteps(std::string_view domain, std::string stream)
      : ScenarioSteps(domain_named(domain), std::move(stream)) {}
  ScenarioSteps(const Domain& domain, std::string stream)
      : domain_(domain), stream_(std::move(stream)) {}

  void at(Instant now) { now_ = now; }
  void wait(nanoseconds passed) { now_.ns += passed.count(); }
  void take_event(const Message& event, std::source_location where);
  void take_command(const Message& command, std::source_location where);
  void decide(const Message& command);
  void expect_events(const std::vector<Message>& events, std::source_location where);
  void expect_rejection(const Verdict& expected, std::source_location where);
  void expect_faults(const Message& command, const std::vector<std::string>& pointers,
                     std::source_location where);
  std::string rows_text() const;
  const std::vector<std::pair<Instant, Message>>& history() const { return history_; }

 private:
  struct Answer {
    Verdict verdict;
    std::vector<Message> events;
    std::string failure;  ///< an ENSURE that broke
  };
  Answer decide_once(const Message& command);
  std::string evolve(MemoryRows& rows, Instant at, const Message& event) const;
  void check_rows_named(const Message& command, const std::vector<Message>& events);
  void check_afresh();
  void broken(const std::string& what);
  std::string answer_text(const Answer& answer) const;

  const Domain& domain_;
  std::string stream_;
  Instant now_ = scenario_start;
  MemoryRows rows_;
  Answer answer_;
  std::string when_;  ///< the last command as text, for messages
  std::vector<std::pair<Instant, Message>> history_;
};

/// `using Sale = Scenario<CommandUnionTraits, EventUnionTraits>;`
template <template <class> class CommandOf, template <class> class EventOf>
class Scenario {
 public:
  using Here = std::source_location;

  /// An event of this domain, of any type.
  struct AnyEvent {
    template <class Object, class = typename Object::TableType>
    AnyEvent(const Object& event)
        : message(Message::pack(static_cast<uint16_t>(EventOf<Object>::enum_value), event)) {}
    Message message;
  };

  Scenario(std::string_view domain, std::string stream) : steps_(domain, std::move(stream)) {}

  /// The log's stamp of what follows.
  Scenario& at(Instant now) { return steps_.at(now), *this; }
  Scenario& wait(nanoseconds passed) { return steps_.wait(passed), *this; }

  /// An event that has happened, or a command that must be accepted.
  template <class Object>
  Scenario& given(const Object& object, Here where = Here::current()) {
    constexpr auto command = static_cast<uint16_t>(CommandOf<Object>::enum_value);
    constexpr auto event = static_cast<uint16_t>(EventOf<Object>::enum_value);
    static_assert(command != 0 || event != 0, "neither a command nor an event of this domain");
    if constexpr (command != 0)
      steps_.take_command(Message::pack(command, object), where);
    else
      steps_.take_event(Message::pack(event, object), where);
    return *this;
  }
  template <class Object>
  Scenario& when(const Object& object) {
    constexpr auto command = static_cast<uint16_t>(CommandOf<Object>::enum_value);
    static_assert(command != 0, "not a command of this domain");
    steps_.decide(Message::pack(command, object));
    return *this;
  }
  Scenario& then(const AnyEvent& event, Here where = Here::current()) {
    return steps_.expect_events({event.message}, where), *this;
  }
  Scenario& then(std::initializer_list<AnyEvent> events, Here where = Here::current()) {
    std::vector<Message> messages;
    for (const AnyEvent& event : events) messages.push_back(event.message);
    return steps_.expect_events(messages, where), *this;
  }
  Scenario& then(const Verdict& rejection, Here where = Here::current()) {
    return steps_.expect_rejection(rejection, where), *this;
  }
  /// The command's `check` finds faults at these pointers and no others.
  template <class Object>
  Scenario& refuses(const Object& object, const std::vector<std::string>& pointers,
                    Here where = Here::current()) {
    constexpr auto command = static_cast<uint16_t>(CommandOf<Object>::enum_value);
    static_assert(command != 0, "not a command of this domain");
    return steps_.expect_faults(Message::pack(command, object), pointers, where), *this;
  }
  ScenarioSteps& steps() { return steps_; }

 private:
  ScenarioSteps steps_;
};

}  // namespace spate
