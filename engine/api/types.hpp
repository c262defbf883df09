// Small vocabulary shared by handlers and projections.
#pragma once
#include <flatbuffers/flatbuffers.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "engine/base/bytes.hpp"
#include "engine/base/ids.hpp"

namespace spate {

/// The members of one union of a schema: `Members<EventTraits, Opened, Redeemed>`.
template <template <class> class Traits, class... Ts>
struct Members {
  template <class T>
  static constexpr uint8_t id_of = static_cast<uint8_t>(Traits<T>::enum_value);
  template <class T>
  static constexpr bool has = (std::is_same_v<T, Ts> || ...);
  static constexpr std::size_t ids_end() {
    std::size_t end = 0;
    ((end = end > id_of<Ts> ? end : std::size_t{id_of<Ts>} + 1), ...);
    return end;
  }
};

inline std::string_view text(const flatbuffers::String* s) {
  return s == nullptr ? std::string_view{} : std::string_view{s->data(), s->size()};
}

/// A list that may be absent, to be gone through: an absent one is empty.
template <class T>
const flatbuffers::Vector<T>& items(const flatbuffers::Vector<T>* list) {
  static constexpr uint32_t no_items = 0;  // the layout of a vector: its length, then its items
  return list != nullptr ? *list : *reinterpret_cast<const flatbuffers::Vector<T>*>(&no_items);
}

/// The table at the root of `bytes`; the bytes were verified or written by us.
template <class T>
const T& root(Bytes bytes) {
  return *flatbuffers::GetRoot<T>(bytes.data());
}

template <class T>
inline constexpr bool is_flat_table = std::is_base_of_v<flatbuffers::Table, T>;

}  // namespace spate
