// Catalog: what the schemas say, compiled once at start into plain tables that JSON in and out,
// OpenAPI, the edge and the command line read. Reflection headers stay in catalog.cpp.
#pragma once
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/domain.hpp"
#include "engine/base/result.hpp"

namespace spate {

enum class FieldKind : uint8_t { boolean, integer, number, text, enumeration, object, list };

/// The largest integer that every JSON reader keeps exactly; nothing larger is ever sent.
inline constexpr int64_t json_integer_max = 9'007'199'254'740'991;

struct TablePlan;

struct EnumPlan {
  struct Value {
    std::string name;
    int64_t value;
    std::string doc;
  };
  std::string name;
  std::vector<Value> values;
  /// Null when this build does not know the number (written by a newer one).
  const Value* find(int64_t value) const;
  const Value* find(std::string_view name) const;
};

struct FieldPlan {
  std::string name;  ///< as in the schema and in JSON
  std::string doc;
  uint16_t slot = 0;  ///< vtable offset
  FieldKind kind = FieldKind::text;
  FieldKind item_kind = FieldKind::text;  ///< lists: kind of their items
  uint8_t width = 0;                      ///< bytes of a scalar (or of a list's scalar items)
  bool is_signed = false;
  bool nullable = false;  ///< `= null`: absent is not the default
  bool needed = false;
  bool ident = false;
  bool money = false;
  bool currency = false;
  bool time = false;
  bool secret = false;
  bool derived = false;
  bool filter = false;
  bool distinct = false;
  std::string distinct_by;  ///< lists of objects: the member that must differ; empty = all of it
  int64_t default_integer = 0;
  double default_number = 0;
  std::optional<int64_t> min, max;  ///< inclusive, always set for integers; lists: of the items
  uint32_t max_bytes = 1000;
  uint32_t min_items = 0;
  uint32_t max_items = std::numeric_limits<uint32_t>::max();
  const TablePlan* table = nullptr;
  const EnumPlan* enumeration = nullptr;
};

struct TablePlan {
  std::string name;       ///< CamelCase, as in the schema
  std::string wire_name;  ///< snake_case, as outside
  std::string doc;
  std::vector<FieldPlan> fields;  ///< in slot order
  /// Indices of `fields`, widest scalars first: built in this order a table has no padding.
  std::vector<uint16_t> build_order;
  /// one_of: each variant as indices of `fields`. Exactly one is given. Empty = not a one_of.
  std::vector<std::vector<uint16_t>> variants;
  /// json_union: which field keeps which JSON type.
  struct JsonUnion {
    const FieldPlan* text = nullptr;
    const FieldPlan* number = nullptr;
    const FieldPlan* strings = nullptr;
  };
  std::optional<JsonUnion> json_union;

  const FieldPlan* field(std::string_view field_name) const;
};

struct CommandPlan {
  uint8_t type = 0;
  const TablePlan* table = nullptr;
  bool is_old = false;  ///< an event that has a newer version: upcast when it is read (I4)
  std::string_view name() const { return table->wire_name; }
};
using EventPlan = CommandPlan;

struct ViewPlan {
  uint8_t id = 0;
  ViewShape shape;
  bool unlisted = false;
  std::string name;  ///< URL segment of item and gathered views; empty for the stream view
  const TablePlan* table = nullptr;
};

struct RejectionPlan {
  uint16_t code = 0;
  std::string name;
  std::string doc;    ///< what it means, then what to do next
  std::string title;  ///< the name in words
  std::string type;   ///< /problems/{domain}/{code}; built-in ones: /problems/{code}
  bool is_built_in() const;
};

struct DomainPlan {
  std::string name;
  std::string doc;
  const Domain* domain = nullptr;
  std::vector<CommandPlan> commands;
  std::vector<EventPlan> events;
  std::vector<RejectionPlan> rejections;  ///< built-in ones included
  std::vector<ViewPlan> views;
  uint64_t row_schema_digest = 0;  ///< changes with any change of a row (rule C3)
  uint64_t view_schema_digest = 0;

  const CommandPlan* command(std::string_view wire_name) const;
  const CommandPlan* command(uint16_t type) const;
  const EventPlan* event(uint16_t type) const;
  const ViewPlan* stream_view() const;
  const ViewPlan* view(std::string_view name) const;
  const RejectionPlan* rejection(uint16_t code) const;
  const RejectionPlan* rejection(std::string_view name) const;
  /// "unknown" for a code that a newer build wrote.
  std::string_view rejection_name(uint16_t code) const;
  /// A literal segment wins over a stream of that name, so no stream may be called so.
  bool reserves(std::string_view stream) const;
};

class Catalog {
 public:
  /// Faults: `schema_invalid`, naming domain, table and field, and what to write instead.
  static Result<std::unique_ptr<Catalog>> load(std::span<const Domain> domains);
  ~Catalog();
  std::span<const DomainPlan> domains() const { return domains_; }
  const DomainPlan* find(std::string_view name) const;

 private:
  Catalog();
  std::vector<DomainPlan> domains_;
  struct Owned;
  std::unique_ptr<Owned> owned_;
};

}  // namespace spate
