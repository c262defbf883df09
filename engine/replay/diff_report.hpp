// DiffReport: how two generations of views differ at one position: proof before a switch.
#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/hash.hpp"
#include "engine/base/ids.hpp"
#include "engine/base/json_writer.hpp"

namespace spate {

/// Stored bytes differ though no field does, or nothing can be said of the fields.
inline constexpr std::string_view stored_form_field = "stored_form";

struct DiffExample {
  enum class Kind : uint8_t { changed, only_old, only_new };
  struct Field {
    std::string name;
    std::string old_value, new_value;  ///< JSON
  };
  Kind kind = Kind::changed;
  std::string key;  ///< `stream`, `stream/key` or `key`
  std::vector<Field> fields;  ///< of `changed`: those that differ
};

/// One view of one projection, over all its partitions.
struct ViewDifference {
  std::string projection;
  std::string view;
  uint64_t same = 0, changed = 0, only_old = 0, only_new = 0;
  Hash128 old_digest, new_digest;
  std::map<std::string, uint64_t> fields;  ///< of the changed ones: how many differ in it
  std::vector<DiffExample> examples;       ///< the first of each kind, in key order

  bool is_same() const { return changed + only_old + only_new == 0; }
};

struct DiffReport {
  /// Where both generations stood.
  struct Fence {
    std::string partition;  ///< `orders/0`
    Sequence sequence;
  };
  std::vector<Fence> fences;
  std::vector<ViewDifference> views;

  bool is_same() const;
  /// What differs beyond these fields (`total`, or `customer.total`), one sentence; empty: nothing.
  std::string unexpected(const std::vector<std::string>& fields) const;
  /// One object.
  void write(JsonWriter& out) const;
};

}  // namespace spate
