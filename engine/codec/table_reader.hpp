// Table reader: a JSON object, checked by its plan, becomes a FlatBuffers table. Only codec uses
// it.
#pragma once
#include <flatbuffers/flatbuffers.h>
#include <simdjson.h>

#include <vector>

#include "engine/codec/catalog.hpp"
#include "engine/codec/field_faults.hpp"

namespace spate {

/// Reused from command to command: in steady state reading allocates nothing. Fields are built in
/// slot order whatever the order of the members, so equal commands give equal bytes.
class TableReader {
 public:
  /// The root of the builder's buffer is the table; nothing when faults were added.
  std::optional<Bytes> read(const TablePlan& table, simdjson::dom::element body, const Place& place,
                            FieldFaults& faults);

 private:
  using Element = simdjson::dom::element;
  using Offset = flatbuffers::Offset<void>;

  /// A field on its way from JSON (`value`) into the table (`bits`: a scalar, or an offset).
  struct Slot {
    Element value;
    uint64_t bits = 0;
    bool given = false;
    bool built = false;
  };

  Offset read_table(const TablePlan& table, Element element, const Place& place);
  void take_members(const TablePlan& table, simdjson::dom::object members, std::size_t base,
                    const Place& place);
  void refuse_unknown(const TablePlan& table, std::string_view name, const Place& place);
  Offset finish_table(const TablePlan& table, std::size_t base);

  bool read_value(const FieldPlan& field, FieldKind kind, Element value, const Place& place,
                  uint64_t& bits);
  bool read_integer(const FieldPlan& field, Element value, const Place& place, uint64_t& bits);
  bool read_number(const FieldPlan& field, Element value, const Place& place, uint64_t& bits);
  bool read_text(const FieldPlan& field, Element value, const Place& place, uint64_t& bits);
  bool read_enumeration(const FieldPlan& field, Element value, const Place& place, uint64_t& bits);
  bool read_list(const FieldPlan& field, Element value, const Place& place, uint64_t& bits);
  bool read_union(const TablePlan& table, Element value, const Place& place, uint64_t& bits);
  void check_distinct(const FieldPlan& field, simdjson::dom::array items, const Place& place);
  Offset finish_list(const FieldPlan& field, std::size_t base);
  bool refuse(const Place& place, std::string detail);

  flatbuffers::FlatBufferBuilder builder_;
  std::vector<Slot> slots_;      // a stack: one frame for each table being read
  std::vector<uint64_t> items_;  // a stack: one frame for each list being read
  FieldFaults* faults_ = nullptr;
  bool right_ = true;        // no fault yet in this body
  bool one_of_each_ = true;  // no unknown and no repeated member yet
};

}  // namespace spate
