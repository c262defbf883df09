// FlatCheck: whether foreign bytes are a table as its plan says, in form and in every value.
#pragma once
#include <flatbuffers/flatbuffers.h>

#include "engine/codec/catalog.hpp"
#include "engine/codec/field_faults.hpp"

namespace spate {

/// Form is what FlatBuffers' verifier looks at (offsets, sizes, alignment, depth); the values have
/// the rules of JSON bodies, word for word. What this version does not know is refused as JSON's
/// unknown members are: half a wish must not be carried out.
class FlatCheck {
 public:
  /// `unfolded_bytes_max`: tables and texts that share bytes count each time they are met, so that
  /// a small buffer cannot unfold into a large command.
  FlatCheck(const TablePlan& table, Bytes payload, std::size_t unfolded_bytes_max,
            FieldFaults& faults);
  /// False: faults were added. Requires: the payload begins at a multiple of 8. Once.
  bool run();

 private:
  using Table = flatbuffers::Table;
  enum class Form : uint8_t { sound, broken };  ///< broken: nothing behind it can be read

  Form check_table(const TablePlan& plan, const uint8_t* at, const Place& place);
  Form check_fields(const TablePlan& plan, const Table& table, const Place& place);
  Form check_field(const FieldPlan& field, const Table& table, const Place& place);
  Form check_scalar_field(const FieldPlan& field, const Table& table, const Place& place);
  Form check_text(const FieldPlan& field, const uint8_t* at, const Place& place);
  Form check_list(const FieldPlan& field, const Table& table, const uint8_t* at,
                  const Place& place);
  Form check_item(const FieldPlan& field, const uint8_t* at, const Place& place);
  void check_scalar(const FieldPlan& field, FieldKind kind, uint64_t bits, const Place& place);
  void check_integer(const FieldPlan& field, uint64_t bits, const Place& place);
  void check_distinct(const FieldPlan& field, const Table& table, const Place& place);
  void check_unknown(const TablePlan& plan, const Table& table, const Place& place);
  void check_union(const TablePlan& plan, const Table& table, const Place& place);

  Form broken(const Place& place, std::string detail = "must be a sound FlatBuffer");
  Form unfold(std::size_t bytes, const Place& place);
  void refuse(const Place& place, std::string detail);
  /// Where the offset at `at` leads; null if it leads out of the buffer.
  const uint8_t* target(const uint8_t* at) const;

  const TablePlan& plan_;
  const Bytes payload_;
  FieldFaults& faults_;
  const std::size_t unfolded_bytes_max_;
  std::size_t unfolded_bytes_ = 0;
  flatbuffers::Verifier verifier_;
  bool right_ = true;
};

}  // namespace spate
