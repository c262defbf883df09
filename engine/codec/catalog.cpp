// Look-ups in the plans, and Catalog::load, which has each schema compiled and then checked.
#include "engine/codec/catalog.hpp"

#include <algorithm>

#include "engine/api/envelope.hpp"
#include "engine/codec/problem_page.hpp"
#include "engine/codec/schema_compiler.hpp"
#include "engine/codec/schema_rules.hpp"

namespace spate {
namespace {

template <class Items, class Matches>
auto* first(const Items& items, Matches matches) {
  const auto found = std::find_if(items.begin(), items.end(), matches);
  return found == items.end() ? nullptr : &*found;
}

void add_built_in_rejections(DomainPlan& domain) {
  const auto add = [&](BuiltInRejection code, const char* name, const char* doc) {
    domain.rejections.push_back({static_cast<uint16_t>(code), name, doc, {}, {}});
  };
  add(BuiltInRejection::precondition_failed, "precondition_failed",
      "The stream has another version than the If-Match of the command says. Read the view again, "
      "decide afresh, and send a new command with the version you saw.");
  add(BuiltInRejection::outcome_too_large, "outcome_too_large",
      "What the command would do is larger than one record of the log may be. Split it into "
      "smaller commands.");
}

void name_problems(DomainPlan& domain) {
  for (RejectionPlan& rejection : domain.rejections) {
    rejection.title = in_words(rejection.name);
    rejection.type = rejection.is_built_in() ? "/problems/" + rejection.name
                                             : "/problems/" + domain.name + '/' + rejection.name;
  }
}

}  // namespace

bool RejectionPlan::is_built_in() const {
  return code >= static_cast<uint16_t>(BuiltInRejection::precondition_failed);
}
const EnumPlan::Value* EnumPlan::find(int64_t value) const {
  return first(values, [&](const Value& v) { return v.value == value; });
}
const EnumPlan::Value* EnumPlan::find(std::string_view wanted) const {
  return first(values, [&](const Value& v) { return v.name == wanted; });
}
const FieldPlan* TablePlan::field(std::string_view field_name) const {
  return first(fields, [&](const FieldPlan& f) { return f.name == field_name; });
}
const CommandPlan* DomainPlan::command(std::string_view wire_name) const {
  return first(commands, [&](const CommandPlan& c) { return c.name() == wire_name; });
}
const CommandPlan* DomainPlan::command(uint16_t type) const {
  return first(commands, [&](const CommandPlan& c) { return c.type == type; });
}
const EventPlan* DomainPlan::event(uint16_t type) const {
  return first(events, [&](const EventPlan& e) { return e.type == type; });
}
const ViewPlan* DomainPlan::stream_view() const {
  return first(views, [](const ViewPlan& v) { return v.shape.scope == ViewScope::stream; });
}
const ViewPlan* DomainPlan::view(std::string_view wanted) const {
  return first(views, [&](const ViewPlan& v) { return !v.name.empty() && v.name == wanted; });
}
const RejectionPlan* DomainPlan::rejection(uint16_t code) const {
  return first(rejections, [&](const RejectionPlan& r) { return r.code == code; });
}
const RejectionPlan* DomainPlan::rejection(std::string_view wanted) const {
  return first(rejections, [&](const RejectionPlan& r) { return r.name == wanted; });
}
std::string_view DomainPlan::rejection_name(uint16_t code) const {
  const RejectionPlan* found = rejection(code);
  return found == nullptr ? std::string_view("unknown") : std::string_view(found->name);
}
bool DomainPlan::reserves(std::string_view stream) const {
  for (std::string_view segment : {"commands", "outcomes", "customers", "students"})
    if (stream == segment) return true;
  const ViewPlan* named = view(stream);
  return named != nullptr && named->shape.scope == ViewScope::gathered;
}

struct Catalog::Owned {
  std::vector<std::unique_ptr<SchemaTypes>> types;
};

Catalog::Catalog() : owned_(std::make_unique<Owned>()) {}
Catalog::~Catalog() = default;

Result<std::unique_ptr<Catalog>> Catalog::load(std::span<const Domain> domains) {
  std::unique_ptr<Catalog> catalog(new Catalog);
  for (const Domain& domain : domains) {
    DomainPlan plan;
    plan.name = domain.name;
    plan.domain = &domain;
    auto& types = catalog->owned_->types.emplace_back(std::make_unique<SchemaTypes>());
    TRY(compile_schema(domain.schema, plan, *types));
    TRY(check_schema(plan));
    add_built_in_rejections(plan);
    name_problems(plan);
    catalog->domains_.push_back(std::move(plan));
  }
  return catalog;
}

const DomainPlan* Catalog::find(std::string_view name) const {
  return first(domains_, [&](const DomainPlan& d) { return d.name == name; });
}

}  // namespace spate
