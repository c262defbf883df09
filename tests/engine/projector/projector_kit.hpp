// ProjectorKit: a projection over plain text events, and all that folds it, stepped by hand.
#pragma once
#include <map>

#include "engine/projector/memory_views.hpp"
#include "engine/projector/projector.hpp"
#include "engine/projector/view_checkpointer.hpp"
#include "tests/engine/projector/outcome_log.hpp"

namespace spate {

/// The text projection: an event's payload is "key value" and its type says what becomes of it.
namespace text_view {
inline constexpr uint8_t stream = 1, item = 2, gathered = 3, dated = 4;  // dated: newest first
}
namespace text_event {
inline constexpr uint16_t put_stream = 1, put_item = 2, erase_item = 3, put_gathered = 4,
                          put_dated = 5, fail = 6, edit_item = 7, broken = 8, unknown = 99;
}

inline std::pair<std::string_view, std::string_view> key_and_value(Bytes payload) {
  const std::string_view text = as_text(payload);
  const std::size_t space = text.find(' ');
  return {text.substr(0, space), space == text.npos ? "" : text.substr(space + 1)};
}

inline const ProjectionTable& text_projection() {
  using Apply = ProjectionTable::Apply;
  static const Apply apply[] = {
      nullptr,
      [](ViewAccess& v, std::string_view, Instant, Bytes p) {
        v.put({text_view::stream, {}}, p);
      },
      [](ViewAccess& v, std::string_view, Instant, Bytes p) {
        const auto [key, value] = key_and_value(p);
        v.put({text_view::item, key}, as_bytes(value));
      },
      [](ViewAccess& v, std::string_view, Instant, Bytes p) {
        v.erase({text_view::item, key_and_value(p).first});
      },
      [](ViewAccess& v, std::string_view, Instant, Bytes p) {
        const auto [key, value] = key_and_value(p);
        v.put({text_view::gathered, key}, as_bytes(value));
      },
      [](ViewAccess& v, std::string_view, Instant, Bytes p) {
        v.put({text_view::dated, {}}, p);
      },
      [](ViewAccess&, std::string_view, Instant, Bytes) { ENSURE(!"the projection is in order"); },
      [](ViewAccess& v, std::string_view, Instant, Bytes p) {
        const auto [key, value] = key_and_value(p);
        std::memcpy(v.edit({text_view::item, key}), value.data(), value.size());
      },
      [](ViewAccess&, std::string_view, Instant, Bytes) {
        throw std::runtime_error("out of luck");
      },
  };
  static const ProjectionTable table{apply, {}, 1};
  return table;
}

inline ProjectedDomain text_domain(uint64_t schema_digest = 7) {
  return {1,
          &text_projection(),
          {{},
           {ViewScope::stream, false},
           {ViewScope::item, false},
           {ViewScope::gathered, false},
           {ViewScope::stream, true}},
          schema_digest};
}

/// One life of a process: views, projector and checkpointer over a log and a store that outlive it.
struct ProjectorLife {
  /// `journals`: a folder of the digests; empty: none.
  ProjectorLife(Log& log, ViewStore& store, ProjectorLimits limits = {},
                ProjectedDomain domain = text_domain(), const std::string& journals = {})
      : views(log.topology(), {std::move(domain)}, store),
        projector(log, views, log.topology().partitions(), limits),
        checkpointer(views),
        opened(open(log, journals)) {}

  Result<std::vector<std::string>> open(const Log& log, const std::string& journals) {
    for (const auto& partition : views.partitions())
      if (!journals.empty())
        partition->sum().keep_journal(journals + "/" + std::to_string(partition->id().index),
                                      log.identity());
    return projector.open();
  }
  /// All that is durable; what is frozen stays frozen.
  void fold() {
    while (projector.step() == Step::worked) {
    }
  }
  /// Until nothing moves any more; the store keeps up.
  void settle() {
    for (Step fold = Step::worked, write = Step::worked;
         fold != Step::idle || write != Step::idle;) {
      fold = projector.step();
      write = *checkpointer.step();
    }
  }
  void checkpoint() {
    settle();
    while (!projector.freeze_all()) ENSURE(checkpointer.step().has_value());
    settle();
  }
  std::string get(PartitionId partition, uint8_t view, std::string_view stream,
                  std::string_view key = {}) {
    std::string value;
    const auto found = views.get({partition, view, stream, key}, value);
    if (!found) return "fault " + found.error().code;
    return *found ? value : "none";
  }
  /// "a=1 b=2 | cursor"
  std::string list(const ListQuery& query) {
    const auto page = views.list(query);
    if (!page) return "fault " + page.error().code;
    std::string text;
    for (const auto& item : page->items) text += item.key + "=" + item.value + " ";
    return text + "| " + page->next;
  }

  ProjectedViews views;
  Projector projector;
  ViewCheckpointer checkpointer;
  Result<std::vector<std::string>> opened;
};

}  // namespace spate
