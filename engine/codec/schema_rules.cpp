// The rules over names, commands, events, rejections and views of one domain.
#include "engine/codec/schema_rules.hpp"

#include <algorithm>
#include <set>

#include "engine/api/event_versions.hpp"

namespace spate {
namespace {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_snake(std::string_view name) {
  return !name.empty() && is_lower(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return is_lower(c) || is_digit(c) || c == '_'; });
}

/// One walk over the tables reachable from a command, event or view.
class SchemaCheck {
 public:
  explicit SchemaCheck(const DomainPlan& domain) : domain_(domain) {}

  Result<void> run() {
    TRY(check_commands());
    TRY(check_events());
    TRY(check_rejections());
    return check_views();
  }

 private:
  enum class Side { command, event, view };

  auto fault(const TablePlan& table, std::string_view field, std::string_view remedy) const {
    return schema_fault(domain_.name, table.name, field, remedy);
  }

  Result<void> check_commands() {
    for (const CommandPlan& command : domain_.commands) {
      TRY(check_table(*command.table, Side::command));
      if (!command.table->variants.empty() || command.table->json_union)
        return fault(*command.table, "",
                     "a command is an object: one_of and json_union belong to "
                     "a table of one of its fields");
    }
    return {};
  }

  Result<void> check_events() {
    for (const EventPlan& event : domain_.events) {
      TRY(check_table(*event.table, Side::event));
      if (event.table->field("type") != nullptr)
        return fault(*event.table, "type",
                     "an event is shown with its own name as `type`: call "
                     "the field otherwise");
      TRY(check_version(*event.table));
    }
    return {};
  }

  /// History is read one version at a time, so none may be missing (I4).
  Result<void> check_version(const TablePlan& event) {
    const auto [base, version] = versioned(event.name);
    if (version == 0)
      return fault(event, "",
                   "versions of an event are called Added, AddedV2, AddedV3: the first has no "
                   "number, and numbers begin with no 0");
    if (version == 1) return {};
    const std::string before =
        version == 2 ? std::string(base) : std::string(base) + "V" + std::to_string(version - 1);
    for (const EventPlan& other : domain_.events)
      if (other.table->name == before) return {};
    return fault(event, "",
                 "it is version " + std::to_string(version) + " of " + std::string(base) +
                     ", but union Event has no " + before +
                     ": history is read one version at a time. Put " + before +
                     " back, or call this one after the version that is last");
  }

  Result<void> check_rejections() {
    for (const RejectionPlan& rejection : domain_.rejections)
      if (!is_snake(rejection.name))
        return schema_fault(domain_.name, "Rejection", rejection.name,
                            "a rejection is its own code outside: write it in snake_case");
    return {};
  }

  Result<void> check_views() {
    std::set<std::string_view> names;
    int stream_views = 0;
    for (const ViewPlan& view : domain_.views) {
      TRY(check_table(*view.table, Side::view));
      if (view.shape.scope == ViewScope::stream) {
        ++stream_views;
        continue;
      }
      if (!is_snake(view.name) || view.name == "commands" || view.name == "outcomes" ||
          view.name == "history")
        return fault(*view.table, "",
                     "'" + view.name +
                         "' cannot be a segment of a URL: give the "
                         "view another name in snake_case, not commands, outcomes or history");
      if (!names.insert(view.name).second)
        return fault(*view.table, "", "another view is called '" + view.name + "' already");
    }
    if (stream_views == 1) return {};
    return schema_fault(domain_.name, "View", "",
                        "exactly one member must be marked (stream_view): it is what "
                        "GET /v1/{domain}/{stream} shows");
  }

  Result<void> check_table(const TablePlan& table, Side side) {
    if (!seen_.insert({&table, side}).second) return {};
    for (const FieldPlan& field : table.fields) {
      TRY(check_field(table, field, side));
      if (field.table != nullptr) TRY(check_table(*field.table, side));
    }
    return {};
  }

  Result<void> check_field(const TablePlan& table, const FieldPlan& field, Side side) {
    if (!is_snake(field.name)) return fault(table, field.name, "write the name in snake_case");
    if (side == Side::view) return check_view_field(table, field);
    if (field.derived) return fault(table, field.name, "`derived` is for views only");
    if (field.filter) return fault(table, field.name, "`filter` is for views only");
    if (side == Side::command) TRY(check_command_field(table, field));
    return {};
  }

  Result<void> check_view_field(const TablePlan& table, const FieldPlan& field) {
    const bool scalar = field.kind <= FieldKind::number || field.kind == FieldKind::enumeration;
    if (field.derived && !(scalar && field.nullable))
      return fault(table, field.name, "a derived field is a scalar with `= null`");
    if (field.filter && field.kind != FieldKind::text && field.kind != FieldKind::enumeration)
      return fault(table, field.name, "lists are filtered by texts and enums only");
    return {};
  }

  Result<void> check_command_field(const TablePlan& table, const FieldPlan& field) {
    const bool scalar = field.kind <= FieldKind::number || field.kind == FieldKind::enumeration;
    if (scalar && field.needed && !field.nullable)
      return fault(table, field.name,
                   "a needed scalar is written `= null (needed)`, else an "
                   "absent one would look like its default");
    if (field.time && !field.nullable)
      return fault(table, field.name, "a time is written `= null`: 0 is a time too");
    if (field.kind == FieldKind::integer && !field.nullable && !field.needed &&
        (field.default_integer < *field.min || field.default_integer > *field.max))
      return fault(table, field.name,
                   "the default lies outside min..max: write another default, "
                   "or `= null`");
    if (field.kind == FieldKind::list && field.max_items == std::numeric_limits<uint32_t>::max())
      return fault(table, field.name, "a list of a command needs max_items");
    return {};
  }

  const DomainPlan& domain_;
  std::set<std::pair<const TablePlan*, Side>> seen_;
};

}  // namespace

tl::unexpected<Fault> schema_fault(std::string_view domain, std::string_view table,
                                   std::string_view field, std::string_view remedy) {
  std::string at = "schemas/" + std::string(domain) + ".fbs";
  if (!table.empty()) at += ": " + std::string(table);
  if (!field.empty()) at += '.' + std::string(field);
  return stop("schema_invalid", at + ": " + std::string(remedy));
}

Result<void> check_schema(const DomainPlan& domain) { return SchemaCheck(domain).run(); }

std::string snake_case(std::string_view camel) {
  std::string out;
  for (std::size_t i = 0; i < camel.size(); ++i) {
    const char c = camel[i];
    const bool begins_word =
        is_upper(c) && i > 0 &&
        (!is_upper(camel[i - 1]) || (i + 1 < camel.size() && is_lower(camel[i + 1])));
    if (begins_word && out.back() != '_') out += '_';
    out += is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

}  // namespace spate
