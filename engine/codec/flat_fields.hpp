// Flat fields: a FlatBuffers table read by its plan; the bytes were verified or written by us.
#pragma once
#include <flatbuffers/flatbuffers.h>

#include <bit>
#include <optional>

#include "engine/codec/catalog.hpp"

namespace spate {

/// A scalar of `width` bytes widened to 64 bits: integers by their sign, floats to double.
inline uint64_t widened(const FieldPlan& field, FieldKind kind, const uint8_t* at) {
  if (kind == FieldKind::number)
    return std::bit_cast<uint64_t>(field.width == 8 ? flatbuffers::ReadScalar<double>(at)
                                                    : double{flatbuffers::ReadScalar<float>(at)});
  const auto sign = [&](auto value) { return static_cast<uint64_t>(static_cast<int64_t>(value)); };
  switch (field.width) {
    case 1:
      return field.is_signed ? sign(flatbuffers::ReadScalar<int8_t>(at))
                             : flatbuffers::ReadScalar<uint8_t>(at);
    case 2:
      return field.is_signed ? sign(flatbuffers::ReadScalar<int16_t>(at))
                             : flatbuffers::ReadScalar<uint16_t>(at);
    case 4:
      return field.is_signed ? sign(flatbuffers::ReadScalar<int32_t>(at))
                             : flatbuffers::ReadScalar<uint32_t>(at);
    default:
      return flatbuffers::ReadScalar<uint64_t>(at);
  }
}

inline uint64_t default_bits(const FieldPlan& field) {
  return field.kind == FieldKind::number ? std::bit_cast<uint64_t>(field.default_number)
                                         : static_cast<uint64_t>(field.default_integer);
}

/// Nothing when the field is absent and has no default.
inline std::optional<uint64_t> flat_scalar_bits(const flatbuffers::Table& table,
                                                const FieldPlan& field) {
  const uint8_t* at = table.GetAddressOf(field.slot);
  if (at != nullptr) return widened(field, field.kind, at);
  if (field.nullable) return std::nullopt;
  return default_bits(field);
}

/// An absent field and one that spells its default out are the same; a nullable one has none.
inline bool is_default(const FieldPlan& field, uint64_t bits) {
  return !field.nullable && bits == default_bits(field);
}

inline std::optional<std::string_view> flat_text(const flatbuffers::Table& table,
                                                 const FieldPlan& field) {
  const auto* text = table.GetPointer<const flatbuffers::String*>(field.slot);
  if (text == nullptr) return std::nullopt;
  return std::string_view(text->data(), text->size());
}

inline const flatbuffers::Table* flat_table(const flatbuffers::Table& table,
                                            const FieldPlan& field) {
  return table.GetPointer<const flatbuffers::Table*>(field.slot);
}

/// A list of any items; empty when absent.
class FlatList {
 public:
  FlatList(const flatbuffers::Table& table, const FieldPlan& field)
      : vector_(table.GetPointer<const flatbuffers::VectorOfAny*>(field.slot)) {}
  uint32_t size() const { return vector_ == nullptr ? 0 : vector_->size(); }
  uint64_t scalar_bits(const FieldPlan& field, uint32_t i) const {
    return widened(field, field.item_kind, vector_->Data() + std::size_t{i} * field.width);
  }
  std::string_view text(uint32_t i) const {
    const auto* text = reinterpret_cast<const flatbuffers::String*>(target(i));
    return {text->data(), text->size()};
  }
  const flatbuffers::Table& table(uint32_t i) const {
    return *reinterpret_cast<const flatbuffers::Table*>(target(i));
  }

 private:
  const uint8_t* target(uint32_t i) const {
    const uint8_t* at = vector_->Data() + std::size_t{i} * sizeof(flatbuffers::uoffset_t);
    return at + flatbuffers::ReadScalar<flatbuffers::uoffset_t>(at);
  }
  const flatbuffers::VectorOfAny* vector_;
};

}  // namespace spate
