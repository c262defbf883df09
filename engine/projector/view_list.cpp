// A page begins behind its cursor: what arrives before it does not move what follows.
//   cursor := key                       lists in key order
//           | first:16 hex digits key   newest first: the order of the index entry, then the stream
#include "engine/projector/view_list.hpp"

#include <algorithm>
#include <charconv>

namespace spate {
namespace {

constexpr std::size_t order_bytes = 8, order_digits = 16;

std::string to_digits(std::string_view order) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const char c : order) {
    text += digits[static_cast<uint8_t>(c) >> 4];
    text += digits[static_cast<uint8_t>(c) & 15];
  }
  return text;
}

bool from_digits(std::string_view text, std::string& order) {
  if (text.size() < order_digits) return false;
  uint64_t number = 0;
  const char* end = text.data() + order_digits;
  const auto parsed = std::from_chars(text.data(), end, number, 16);
  if (parsed.ec != std::errc() || parsed.ptr != end) return false;
  for (int shift = 56; shift >= 0; shift -= 8) order += static_cast<char>(number >> shift);
  return true;
}

/// Moves the beginning of `range` behind everything up to the cursor. False: no cursor of ours.
bool begin_after(std::string_view cursor, bool newest_first, KeyRange& range) {
  if (cursor.empty()) return true;
  if (!is_key_text(cursor)) return false;
  if (newest_first) {
    if (!from_digits(cursor, range.from)) return false;
    cursor.remove_prefix(order_digits);
  }
  range.from += cursor;
  range.from += '\x01';  // behind the cursor's closing 0x00, before any longer key
  return true;
}

/// What of a body is the item's name, and the cursor that continues behind it.
struct Place {
  std::string name;
  std::string cursor;
};

Place place_of(std::string_view key, const ListQuery& query, const ViewShape& shape) {
  const std::string_view body = body_in(key);
  if (shape.scope == ViewScope::item) {
    const std::string name(body.substr(query.stream.size() + 1));
    return {name, name};
  }
  if (!shape.newest_first) return {std::string(body), std::string(body)};
  const std::string name(body.substr(order_bytes));
  return {name, to_digits(body.substr(0, order_bytes)) + name};
}

PartitionViews& owner_of(std::string_view key, const std::vector<PartitionViews*>& partitions) {
  const PartitionId id = partition_in(key);
  const auto found = std::find_if(partitions.begin(), partitions.end(),
                                  [&](const PartitionViews* p) { return p->id() == id; });
  ENSURE(found != partitions.end());
  return **found;
}

}  // namespace

Result<ListPage> list_views(const ListQuery& query, ViewShape shape,
                            const std::vector<PartitionViews*>& partitions) {
  const bool by_index = shape.scope == ViewScope::stream && shape.newest_first;
  shape.newest_first = by_index;
  if (!is_key_text(query.stream)) return ListPage{};
  KeyRange range = shape.scope == ViewScope::item
                       ? item_range(query.domain, query.view, query.stream)
                       : section_range(query.domain, query.view,
                                       by_index ? ViewSection::newest : ViewSection::views);
  if (!begin_after(query.after, by_index, range))
    return stop("cursor_invalid", "this cursor is not of this list; begin without one");

  ListPage page;
  MergedViews views(partitions, std::move(range));
  std::string value, view_of, last;
  std::size_t bytes = 0;
  for (std::size_t scanned = 0; views.next(); ++scanned) {
    if (page.items.size() == query.limit || scanned == query.scan_max || bytes >= query.bytes_max) {
      page.next = last;
      break;
    }
    Place place = place_of(views.key(), query, shape);
    last = std::move(place.cursor);
    if (by_index) {
      PartitionViews& owner = owner_of(views.key(), partitions);
      view_key(owner.id(), ViewScope::stream, {query.view, {}}, place.name, view_of);
      TRY(const bool found, owner.get(view_of, value));
      if (!found)
        return stop("views_rot", "a list names " + place.name + " whose view is missing; " +
                                     "delete the views, they are folded again from the log");
    } else if (!views.value(value)) {
      continue;
    }
    if (query.keep && !query.keep(as_bytes(value))) continue;
    bytes += value.size();
    page.items.push_back({std::move(place.name), std::move(value)});
  }
  TRY(views.status());
  return page;
}

}  // namespace spate
