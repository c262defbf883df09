// Events in, views out: a projection under test, without engine, disk or clock.
//
//   SaleViews("redemptions")
//       .on("campaign-1").at(start_plus(seconds(1)))
//       .given(OpenedT{.stock = 2, .per_claimant_max = 1})
//       .then(CampaignT{.campaign = "campaign-1", .state = State::open, …})
//       .then_no<Claim>("ada");
//
// Every event is folded twice into stores of its own; the two must agree byte by byte.
#pragma once
#include <set>

#include "tests/support/given_when_then.hpp"

namespace spate {

/// What a projection test does, without the domain's types.
class ProjectionSteps {
 public:
  explicit ProjectionSteps(std::string_view domain);

  void on(std::string stream);
  void at(Instant now) { now_ = now; }
  void wait(nanoseconds passed) { now_.ns += passed.count(); }
  void fold(const Message& event, std::source_location where);
  void expect(uint8_t view, std::string_view key, Bytes expected, std::source_location where);
  void expect_none(uint8_t view, std::string_view key, std::source_location where);
  /// The laws of the current stream, over its events and views.
  std::vector<std::string> broken_laws();
  Bytes find(uint8_t view, std::string_view key) { return views_.find({view, key}); }
  const Domain& domain() const { return domain_; }
  Instant now() const { return now_; }

 private:
  const Domain& domain_;
  std::string stream_;
  Instant now_ = scenario_start;
  MemoryViewAccess views_;
  MemoryViewAccess again_;
  std::map<std::string, std::vector<Message>> history_;
};

/// A view as text, with its derived fields as of `now`.
std::string view_text(const Domain& domain, uint8_t view, Bytes value, Instant now);

/// `using SaleViews = ViewScenario<EventUnionTraits, ViewTraits>;`
template <template <class> class EventOf, template <class> class ViewOf>
class ViewScenario {
 public:
  using Here = std::source_location;

  explicit ViewScenario(std::string_view domain) : steps_(domain) {}

  ViewScenario& on(std::string stream) { return steps_.on(std::move(stream)), *this; }
  /// The time of the outcomes that follow, and "now" of the reader.
  ViewScenario& at(Instant now) { return steps_.at(now), *this; }
  ViewScenario& wait(nanoseconds passed) { return steps_.wait(passed), *this; }

  template <class Object>
  ViewScenario& given(const Object& event, Here where = Here::current()) {
    constexpr auto type = static_cast<uint16_t>(EventOf<Object>::enum_value);
    static_assert(type != 0, "not an event of this domain");
    return steps_.fold(Message::pack(type, event), where), *this;
  }
  /// The view as a reader sees it, derived fields included.
  template <class Object>
  ViewScenario& then(const Object& expected, std::string_view key = {},
                     Here where = Here::current()) {
    constexpr uint8_t view = id<typename Object::TableType>();
    return steps_.expect(view, key, Message::pack(view, expected).bytes(), where), *this;
  }
  template <class View>
  ViewScenario& then_no(std::string_view key = {}, Here where = Here::current()) {
    return steps_.expect_none(id<View>(), key, where), *this;
  }
  template <class View>
  const View& view(std::string_view key = {}) {
    const Bytes value = steps_.find(id<View>(), key);
    ENSURE(value.data() != nullptr);
    return root<View>(value);
  }
  ProjectionSteps& steps() { return steps_; }

  template <class View>
  static constexpr uint8_t id() {
    static_assert(static_cast<uint8_t>(ViewOf<View>::enum_value) != 0, "not a view of this domain");
    return static_cast<uint8_t>(ViewOf<View>::enum_value);
  }

 private:
  ProjectionSteps steps_;
};

/// Proves for these parts that the order and the grouping of a merge do not matter, and returns the
/// join of all as text. Requires: at least one part, at most six.
std::string merged_in_every_order(const Domain& domain, uint8_t view,
                                  const std::vector<std::string>& parts);

}  // namespace spate
