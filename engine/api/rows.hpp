// Rows: the keyed pieces of a processor's state that a command or event named beforehand.
#pragma once
#include <vector>

#include "engine/api/types.hpp"

namespace spate {

/// A row of the current stream: its table's id in the schema's union Row, a key within the stream.
struct RowName {
  uint8_t table = 0;
  std::string_view sub;
};

/// What the engine offers to Rows. Pointers live until the next edit, put or erase.
class RowAccess {
 public:
  virtual ~RowAccess() = default;
  /// Null data when there is no such row. ENSUREs that the row was named (rule C4).
  virtual Bytes find(RowName name) = 0;
  /// The row in place, of `size` bytes, zeroed when new.
  virtual uint8_t* edit(RowName name, std::size_t size) = 0;
  virtual void put(RowName name, Bytes value) = 0;
  virtual void erase(RowName name) = 0;
};

/// Collects the rows a command or event needs; the engine fetches them together.
template <class RowMembers>
class RowNames {
 public:
  RowNames(std::string_view stream, std::vector<RowName>& names) : stream_(stream), names_(names) {}
  std::string_view stream() const { return stream_; }
  /// `sub` must live as long as the command or event.
  template <class T>
  void add(std::string_view sub = {}) {
    names_.push_back({RowMembers::template id_of<T>, sub});
  }

 private:
  std::string_view stream_;
  std::vector<RowName>& names_;
};

/// Read and, in evolve, write access to the named rows. T is a struct or a table of the schema.
template <class RowMembers>
class Rows {
 public:
  Rows(RowAccess& access, std::string_view stream, Instant now)
      : access_(access), stream_(stream), now_(now) {}

  std::string_view stream() const { return stream_; }
  /// The log's stamp of the command: the only time there is.
  Instant now() const { return now_; }

  /// Null when there is no such row.
  template <class T>
  const T* find(std::string_view sub = {}) const {
    const Bytes value = access_.find({RowMembers::template id_of<T>, sub});
    if (value.data() == nullptr) return nullptr;
    if constexpr (is_flat_table<T>) return flatbuffers::GetRoot<T>(value.data());
    else return reinterpret_cast<const T*>(value.data());
  }
  /// A struct row in place; zeroed when it was not there.
  template <class T>
  T& edit(std::string_view sub = {}) {
    static_assert(!is_flat_table<T>, "rows that are tables are replaced with put()");
    return *reinterpret_cast<T*>(access_.edit({RowMembers::template id_of<T>, sub}, sizeof(T)));
  }
  /// Replaces a table row by what the object holds.
  template <class Object>
  void put(const Object& object, std::string_view sub = {}) {
    using T = typename Object::TableType;
    flatbuffers::FlatBufferBuilder builder;
    builder.Finish(T::Pack(builder, &object));
    access_.put({RowMembers::template id_of<T>, sub},
                {builder.GetBufferPointer(), builder.GetSize()});
  }
  /// Unpacks a table row (a fresh one when absent), lets `change` work on the object, stores it.
  template <class T, class Change>
  void update(std::string_view sub, Change change) {
    typename T::NativeTableType object;
    if (const T* old = find<T>(sub)) old->UnPackTo(&object);
    change(object);
    put(object, sub);
  }
  template <class T>
  void erase(std::string_view sub = {}) {
    access_.erase({RowMembers::template id_of<T>, sub});
  }

 private:
  RowAccess& access_;
  std::string_view stream_;
  Instant now_;
};

}  // namespace spate
