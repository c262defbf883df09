// The verdict over a report, and the report as JSON.
#include "engine/replay/diff_report.hpp"

#include <algorithm>

namespace spate {
namespace {

constexpr std::string_view kind_names[] = {"changed", "only_old", "only_new"};

std::string hex(const Hash128& hash) { return to_hex(CommandId{hash.hi, hash.lo}); }

std::string count(uint64_t number, std::string_view what) {
  return std::to_string(number) + " " + std::string(what);
}

void write_example(const DiffExample& example, JsonWriter& out) {
  out.begin_object();
  out.member("kind", kind_names[static_cast<std::size_t>(example.kind)]);
  out.member("key", example.key);
  if (example.kind == DiffExample::Kind::changed) {
    out.key("fields");
    out.begin_array();
    for (const DiffExample::Field& field : example.fields) {
      out.begin_object();
      out.member("field", field.name);
      out.key("old");
      out.raw(field.old_value);
      out.key("new");
      out.raw(field.new_value);
      out.end_object();
    }
    out.end_array();
  }
  out.end_object();
}

void write_view(const ViewDifference& view, JsonWriter& out) {
  out.begin_object();
  out.member("projection", view.projection);
  out.member("view", view.view);
  out.member("same", view.same);
  out.member("changed", view.changed);
  out.member("only_old", view.only_old);
  out.member("only_new", view.only_new);
  out.member("old_digest", hex(view.old_digest));
  out.member("new_digest", hex(view.new_digest));
  out.key("fields");
  out.begin_object();
  for (const auto& [name, changes] : view.fields) out.member(name, changes);
  out.end_object();
  out.key("examples");
  out.begin_array();
  for (const DiffExample& example : view.examples) write_example(example, out);
  out.end_array();
  out.end_object();
}

}  // namespace

bool DiffReport::is_same() const {
  return std::all_of(views.begin(), views.end(), [](const auto& view) { return view.is_same(); });
}

std::string DiffReport::unexpected(const std::vector<std::string>& fields) const {
  const auto is_expected = [&](const ViewDifference& view, const std::string& field) {
    return std::any_of(fields.begin(), fields.end(), [&](const std::string& expected) {
      return expected == field || expected == view.view + "." + field;
    });
  };
  for (const ViewDifference& view : views) {
    const std::string name = view.projection + " " + view.view;
    if (view.only_old > 0) return count(view.only_old, "of " + name + " would be gone");
    if (view.only_new > 0) return count(view.only_new, "of " + name + " would be new");
    for (const auto& [field, changes] : view.fields)
      if (!is_expected(view, field))
        return count(changes, "of " + name + " would change in '" + field + "'");
  }
  return {};
}

void DiffReport::write(JsonWriter& out) const {
  out.begin_object();
  out.key("same");
  out.boolean(is_same());
  out.key("positions");
  out.begin_object();
  for (const Fence& fence : fences) out.member(fence.partition, fence.sequence.value);
  out.end_object();
  out.key("views");
  out.begin_array();
  for (const ViewDifference& view : views) write_view(view, out);
  out.end_array();
  out.end_object();
}

}  // namespace spate
