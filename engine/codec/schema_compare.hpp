// Schema compare: whether what was written under one schema is read right under another.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/bytes.hpp"
#include "engine/base/result.hpp"

namespace spate {

/// One change that would misread history.
struct SchemaChange {
  std::string place;   ///< "Redeemed.quantity", "Event", "Rejection"
  std::string what;    ///< "its type was uint, now it is ulong"
  std::string remedy;  ///< what to do instead
};

/// Compares what the log holds: commands, events, rejections and all they are made of, from the
/// schema that wrote (`before`) to the one that is to read (`after`), both in binary form. Rows and
/// views are not: they are folded again (C3). What may be added, renamed or relaxed without harm is
/// no finding. A slot or number keeps its name for ever: nobody can tell a renamed field from
/// another one that took its place. Fault: `schema_invalid`, when one is no binary schema or lacks
/// one of the unions.
Result<std::vector<SchemaChange>> misreading_changes(Bytes before, Bytes after);

/// The same of stored views, for who shows them without folding them again: besides, views and
/// their fields keep their attributes, and a field may be added only if it can be absent, so that
/// what was never folded is shown as null. What is gone is not shown, so it may go. A view that was
/// added is empty. Fault: `schema_invalid`.
Result<std::vector<SchemaChange>> view_misreadings(Bytes before, Bytes after);

/// "DOMAIN: PLACE: WHAT; REMEDY", a line each.
std::string text_of_changes(std::string_view domain, const std::vector<SchemaChange>& changes);

}  // namespace spate
