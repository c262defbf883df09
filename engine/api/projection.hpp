// Projection: what a domain author writes to fold events into views; all of it pure.
#pragma once
#include <memory>
#include <string>

#include "engine/api/handler.hpp"

namespace spate {

enum class ViewScope : uint8_t { stream, item, gathered };

/// How a view is keyed and listed, read from the schema's attributes.
struct ViewShape {
  ViewScope scope = ViewScope::stream;
  bool newest_first = false;
};

/// A view of the current stream (`key` empty), one of its items, or a gathered one.
struct ViewName {
  uint8_t view = 0;
  std::string_view key;
};

/// What the engine offers to Views. Pointers live until the next put or erase.
class ViewAccess {
 public:
  ViewAccess() = default;
  ViewAccess(ViewAccess&&) = default;
  ViewAccess& operator=(ViewAccess&&) = default;
  virtual ~ViewAccess() = default;
  virtual Bytes find(ViewName name) = 0;
  /// In place, same size. ENSUREs that the view exists.
  virtual uint8_t* edit(ViewName name) = 0;
  virtual void put(ViewName name, Bytes value) = 0;
  virtual void erase(ViewName name) = 0;

  /// An empty builder that keeps its memory from view to view. Every scalar gets a slot, so that it
  /// can be mutated in place.
  flatbuffers::FlatBufferBuilder& fresh_builder() {
    builder_.Clear();
    builder_.ForceDefaults(true);
    return builder_;
  }

 private:
  flatbuffers::FlatBufferBuilder builder_;
};

template <class ViewMembers>
class Views {
 public:
  Views(ViewAccess& access, std::string_view stream, Instant at)
      : access_(access), stream_(stream), at_(at) {}

  std::string_view stream() const { return stream_; }
  /// The time of the outcome being folded.
  Instant at() const { return at_; }

  template <class V>
  const V* find(std::string_view key = {}) const {
    const Bytes value = access_.find({ViewMembers::template id_of<V>, key});
    return value.data() == nullptr ? nullptr : flatbuffers::GetRoot<V>(value.data());
  }
  /// For `mutate_…` in place: no copy, no allocation. A field that was null cannot be mutated.
  template <class V>
  V& edit(std::string_view key = {}) {
    return *flatbuffers::GetMutableRoot<V>(access_.edit({ViewMembers::template id_of<V>, key}));
  }
  /// Replaces the view by what the object (`CouponT`) holds.
  template <class Object>
  void put(const Object& object, std::string_view key = {}) {
    using V = typename Object::TableType;
    build<V>(key,
             [&](flatbuffers::FlatBufferBuilder& builder) { return V::Pack(builder, &object); });
  }
  /// The same without an object in between, where many views are made a second:
  /// `views.build<Claim>(key, [&](auto& b) { return CreateClaim(b, …); })`
  template <class V, class Build>
  void build(std::string_view key, Build make) {
    flatbuffers::FlatBufferBuilder& builder = access_.fresh_builder();
    builder.Finish(make(builder));
    access_.put({ViewMembers::template id_of<V>, key},
                {builder.GetBufferPointer(), builder.GetSize()});
  }
  /// Unpacks the view (a fresh one when absent), lets `change` work on the object, stores it.
  template <class V, class Change>
  void update(std::string_view key, Change change) {
    typename V::NativeTableType object;
    if (const V* old = find<V>(key)) old->UnPackTo(&object);
    change(object);
    put(object, key);
  }
  template <class V>
  void erase(std::string_view key = {}) {
    access_.erase({ViewMembers::template id_of<V>, key});
  }

 private:
  ViewAccess& access_;
  std::string_view stream_;
  Instant at_;
};

/// Collects the views that applying an event is going to look up; the engine fetches them together.
template <class ViewMembers>
class ViewNames {
 public:
  explicit ViewNames(std::vector<ViewName>& names) : names_(names) {}
  /// `key` must live as long as the event.
  template <class V>
  void add(std::string_view key = {}) {
    names_.push_back({ViewMembers::template id_of<V>, key});
  }

 private:
  std::vector<ViewName>& names_;
};

/// Fields marked `derived`, set when a view is written out. Names are the schema's.
class Derived {
 public:
  struct Field {
    std::string_view name;
    int64_t value;
  };
  template <class T>
  void set(std::string_view name, T value) {
    ENSURE(count_ < fields_.size());
    fields_[count_++] = {name, static_cast<int64_t>(value)};
  }
  const int64_t* find(std::string_view name) const {
    for (std::size_t i = 0; i < count_; ++i)
      if (fields_[i].name == name) return &fields_[i].value;
    return nullptr;
  }

 private:
  std::array<Field, 8> fields_;  // in place: views are written out without allocating
  std::size_t count_ = 0;
};

class StreamAudit;  // audit.hpp

/// A projection without its types. Index = the member's id in its union.
struct ProjectionTable {
  using Apply = void (*)(ViewAccess&, std::string_view stream, Instant at, Bytes payload);
  using Name = void (*)(Bytes payload, std::vector<ViewName>& names);
  struct ViewOps {
    void (*derive)(Bytes view, Instant now, Derived&) = nullptr;  ///< may be null
    /// The join of two parts of a gathered view; null unless the view is gathered.
    std::string (*merge)(Bytes a, Bytes b) = nullptr;
  };
  std::span<const Apply> apply;
  std::span<const ViewOps> views;
  uint32_t version = 0;
  std::unique_ptr<StreamAudit> (*audit)() = nullptr;  ///< may be null: the laws of a stream
  std::span<const Name> names = {};  ///< as `apply`; null: the event names none
};

template <class EventMembers, class ViewMembers>
struct Projects {
  using Events = EventMembers;
  using ViewTypes = ViewMembers;
  using Views = spate::Views<ViewMembers>;
  using Names = ViewNames<ViewMembers>;
};

namespace detail {

template <class P, class Event>
void apply_event(ViewAccess& access, std::string_view stream, Instant at, Bytes payload) {
  typename P::Views views(access, stream, at);
  P::apply(views, root<Event>(payload));
}

template <class P, class Event>
constexpr ProjectionTable::Name name_views() {
  if constexpr (requires(typename P::Names& names, const Event& e) { P::views(names, e); })
    return [](Bytes payload, std::vector<ViewName>& out) {
      typename P::Names names(out);
      P::views(names, root<Event>(payload));
    };
  else return nullptr;
}

template <class P, class V>
constexpr ProjectionTable::ViewOps view_ops() {
  ProjectionTable::ViewOps ops;
  if constexpr (requires(const V& v, Derived& d) { P::derive(v, Instant{}, d); })
    ops.derive = [](Bytes view, Instant now, Derived& out) { P::derive(root<V>(view), now, out); };
  if constexpr (requires(typename V::NativeTableType& a, const V& b) { P::merge(a, b); })
    ops.merge = [](Bytes a, Bytes b) -> std::string {
      typename V::NativeTableType object;
      root<V>(a).UnPackTo(&object);
      P::merge(object, root<V>(b));
      flatbuffers::FlatBufferBuilder builder;
      builder.ForceDefaults(true);
      builder.Finish(V::Pack(builder, &object));
      return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
    };
  return ops;
}

template <class P, template <class> class T, class... Es>
constexpr auto all_apply(Members<T, Es...>) {
  std::array<ProjectionTable::Apply, Members<T, Es...>::ids_end()> table{};
  ((table[Members<T, Es...>::template id_of<Es>] = &apply_event<P, Es>), ...);
  return table;
}
template <class P, template <class> class T, class... Es>
constexpr auto all_names(Members<T, Es...>) {
  std::array<ProjectionTable::Name, Members<T, Es...>::ids_end()> table{};
  ((table[Members<T, Es...>::template id_of<Es>] = name_views<P, Es>()), ...);
  return table;
}
template <class P, template <class> class T, class... Vs>
constexpr auto all_view_ops(Members<T, Vs...>) {
  std::array<ProjectionTable::ViewOps, Members<T, Vs...>::ids_end()> table{};
  ((table[Members<T, Vs...>::template id_of<Vs>] = view_ops<P, Vs>()), ...);
  return table;
}

}  // namespace detail

/// The table of projection P. P needs `version` and `apply` per event; `derive(view, now, out)`
/// for views with derived fields; `merge(into, from)` for gathered views. It may have
/// `views(names, event)` where an event looks up one view of very many: a hint, nothing else.
template <class P>
const ProjectionTable& make_projection() {
  static constexpr auto apply = detail::all_apply<P>(typename P::Events{});
  static constexpr auto views = detail::all_view_ops<P>(typename P::ViewTypes{});
  static constexpr auto names = detail::all_names<P>(typename P::Events{});
  static_assert(detail::projects_events<P>(typename P::Events{}));
  static constexpr ProjectionTable table{apply, views, P::version, nullptr, names};
  return table;
}

}  // namespace spate
