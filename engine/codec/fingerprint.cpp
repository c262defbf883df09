// The text hashed is a grammar of its own, so that no two commands run into each other:
//   command = text(name) table
//   table   = { slot:u16 value } 0xffff        slots in rising order, those with a default left out
//   value   = scalar:u64 | text | table | count:u32 { value }
//   text    = size:u32 bytes
#include "engine/codec/fingerprint.hpp"

#include <flatbuffers/flatbuffers.h>

#include "engine/base/hash.hpp"
#include "engine/codec/flat_fields.hpp"

namespace spate {
namespace {

using flatbuffers::Table;

template <class T>
void put(ByteBuffer& out, T value) {
  std::memcpy(out.grow(sizeof value), &value, sizeof value);
}
void put_text(ByteBuffer& out, std::string_view text) {
  put(out, static_cast<uint32_t>(text.size()));
  out.append(as_bytes(text));
}

void put_table(ByteBuffer& out, const TablePlan& plan, const Table& table);

void put_list(ByteBuffer& out, const FieldPlan& field, const FlatList& list) {
  put(out, list.size());
  for (uint32_t i = 0; i < list.size(); ++i) {
    if (field.item_kind == FieldKind::text)
      put_text(out, list.text(i));
    else if (field.item_kind == FieldKind::object)
      put_table(out, *field.table, list.table(i));
    else
      put(out, list.scalar_bits(field, i));
  }
}

void put_field(ByteBuffer& out, const FieldPlan& field, const Table& table) {
  const auto slot = [&] { put(out, field.slot); };
  switch (field.kind) {
    case FieldKind::text:
      if (const auto text = flat_text(table, field)) slot(), put_text(out, *text);
      return;
    case FieldKind::object:
      if (const Table* inner = flat_table(table, field))
        slot(), put_table(out, *field.table, *inner);
      return;
    case FieldKind::list:
      if (const FlatList list(table, field); list.size() > 0) slot(), put_list(out, field, list);
      return;
    default:
      if (const auto bits = flat_scalar_bits(table, field); bits && !is_default(field, *bits))
        slot(), put(out, *bits);
  }
}

void put_table(ByteBuffer& out, const TablePlan& plan, const Table& table) {
  for (const FieldPlan& field : plan.fields) put_field(out, field, table);
  put(out, uint16_t{0xffff});
}

}  // namespace

uint64_t fingerprint(const CommandPlan& command, Bytes payload, ByteBuffer& scratch) {
  scratch.clear();
  put_text(scratch, command.name());
  put_table(scratch, *command.table, *flatbuffers::GetRoot<Table>(payload.data()));
  return xxh3_64(scratch);
}

}  // namespace spate
