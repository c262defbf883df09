// Audit: what a domain author states about the history of one stream; the engine proves it over the
// log.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/api/projection.hpp"

namespace spate {

/// Collects the laws of a domain that were found broken.
class Laws {
 public:
  /// `law` says what must hold, as a sentence: "redeemed + remaining = stock".
  template <class... Numbers>
  void expect(bool holds, std::string_view law, Numbers... seen) {
    if (holds) return;
    std::string text(law);
    ((text += ' ', text += std::to_string(seen)), ...);
    broken_.push_back(std::move(text));
  }
  const std::vector<std::string>& broken() const { return broken_; }
  void clear() { broken_.clear(); }

 private:
  std::vector<std::string> broken_;
};

/// The views of one stream as they are served, for an audit that compares them with the log.
class StoredViews {
 public:
  virtual ~StoredViews() = default;
  /// Null data when there is no such view.
  virtual Bytes find(ViewName name) const = 0;
  /// Every item view of that kind, in any order.
  virtual void each(uint8_t view,
                    const std::function<void(std::string_view, Bytes)>& visit) const = 0;
};

/// The facts of one stream, folded from its events alone: independent of handler and projection.
class StreamAudit {
 public:
  virtual ~StreamAudit() = default;
  virtual void fold(uint16_t event_type, Bytes payload, Laws& laws) = 0;
  /// After the last event. `views` is null when there are none to compare with.
  virtual void finish(const StoredViews* views, Laws& laws) = 0;
};

/// What `finish` sees of the views: `views.find<Campaign>()`, `views.each<Claim>(…)`.
template <class ViewMembers>
class AuditedViews {
 public:
  explicit AuditedViews(const StoredViews& views) : views_(views) {}
  template <class V>
  const V* find(std::string_view key = {}) const {
    const Bytes value = views_.find({ViewMembers::template id_of<V>, key});
    return value.data() == nullptr ? nullptr : &root<V>(value);
  }
  template <class V, class Visit>
  void each(Visit visit) const {
    views_.each(ViewMembers::template id_of<V>,
                [&](std::string_view, Bytes value) { visit(root<V>(value)); });
  }

 private:
  const StoredViews& views_;
};

namespace detail {

template <class A, template <class> class T, class... Es>
void fold_any(A& facts, Members<T, Es...>, uint16_t type, Bytes payload, Laws& laws) {
  ((type == Members<T, Es...>::template id_of<Es> ? facts.fold(root<Es>(payload), laws) : void()),
   ...);
}

template <class A, class P>
class TypedAudit final : public StreamAudit {
 public:
  void fold(uint16_t type, Bytes payload, Laws& laws) override {
    fold_any(facts_, typename P::Events{}, type, payload, laws);
  }
  void finish(const StoredViews* views, Laws& laws) override {
    if constexpr (requires { facts_.finish(laws); }) facts_.finish(laws);
    if (views == nullptr) return;
    const AuditedViews<typename P::ViewTypes> typed(*views);
    if constexpr (requires { facts_.compare(typed, laws); }) facts_.compare(typed, laws);
  }

 private:
  A facts_;
};

}  // namespace detail

/// The table of projection P whose streams obey the laws of A. A has `fold(event, laws)` for every
/// event of P, and may have `finish(laws)` and `compare(views, laws)`.
template <class P, class A>
const ProjectionTable& make_audited_projection() {
  static const ProjectionTable table = [] {
    ProjectionTable audited = make_projection<P>();
    audited.audit = []() -> std::unique_ptr<StreamAudit> {
      return std::make_unique<detail::TypedAudit<A, P>>();
    };
    return audited;
  }();
  return table;
}

}  // namespace spate
