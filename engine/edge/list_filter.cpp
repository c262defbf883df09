// Filters read the stored FlatBuffer by the catalog's slots.
#include "engine/edge/list_filter.hpp"

#include "engine/base/ensure.hpp"
#include "engine/codec/value_rules.hpp"
#include "engine/edge/number_text.hpp"

namespace spate::edge {
namespace {


int64_t integer_at(const flatbuffers::Table& table, const FieldPlan& f) {
  switch (f.width) {
    case 1:
      return f.is_signed ? table.GetField<int8_t>(f.slot, static_cast<int8_t>(f.default_integer))
                         : table.GetField<uint8_t>(f.slot, static_cast<uint8_t>(f.default_integer));
    case 2:
      return f.is_signed
                 ? table.GetField<int16_t>(f.slot, static_cast<int16_t>(f.default_integer))
                 : table.GetField<uint16_t>(f.slot, static_cast<uint16_t>(f.default_integer));
    case 4:
      return f.is_signed
                 ? table.GetField<int32_t>(f.slot, static_cast<int32_t>(f.default_integer))
                 : table.GetField<uint32_t>(f.slot, static_cast<uint32_t>(f.default_integer));
    default:
      return table.GetField<int64_t>(f.slot, f.default_integer);
  }
}

/// Empty: `text` is a value of the field, stored in `condition`. The schema's rules let texts and
/// enumerations be filtered, nothing else.
std::string value_fault(const FieldPlan& field, const std::string& text,
                        ListParameters::Condition& condition) {
  condition = {&field, text, 0};
  if (field.kind == FieldKind::text) return fault_of_text(field, text);
  ENSURE(field.kind == FieldKind::enumeration);
  std::string names;
  for (const EnumPlan::Value& v : field.enumeration->values) {
    condition.integer = v.value;
    if (v.name == text) return {};
    names += (names.empty() ? "" : ", ") + v.name;
  }
  return "must be one of " + names;
}

std::string known_parameters(const ViewPlan& view) {
  std::string names = "limit, cursor";
  for (const FieldPlan& f : view.table->fields)
    if (f.filter) names += ", " + f.name;
  return names;
}

}  // namespace

std::optional<Problem> read_list_parameters(const Parameters& given, const ViewPlan& view,
                                            ListParameters& out) {
  std::vector<WireFault> faults;
  const auto fault = [&](std::string_view name, std::string detail) {
    faults.push_back({WireFault::Place::parameter, std::string(name), std::move(detail)});
  };
  for (const auto& [name, value] : given) {
    if (name == "cursor") {
      out.cursor = value;
      if (value.empty()) fault(name, "is none of this list; follow `next` of a page");
      continue;
    }
    if (name == "limit") {
      if (!to_page_limit(value, out.limit)) fault(name, page_limit_rule);
    } else {
      const FieldPlan* field = view.table->field(name);
      ListParameters::Condition condition{};
      if (field == nullptr || !field->filter)
        fault(name, "is not known here; there are: " + known_parameters(view));
      else if (std::string wrong = value_fault(*field, value, condition); !wrong.empty())
        fault(name, std::move(wrong));
      else
        out.conditions.push_back(std::move(condition));
    }
    out.kept +=
        (out.kept.empty() ? "" : "&") + percent_encoded(name) + "=" + percent_encoded(value);
  }
  if (faults.empty()) return std::nullopt;
  return malformed(std::move(faults));
}

bool meets(const ListParameters& parameters, const DomainPlan& domain, const ViewPlan& view,
           Bytes value, Instant now) {
  if (parameters.conditions.empty()) return true;
  const auto& table = *flatbuffers::GetRoot<flatbuffers::Table>(value.data());
  Derived derived;
  const auto derive = domain.domain->projection->views[view.id].derive;
  if (derive != nullptr) derive(value, now, derived);
  for (const ListParameters::Condition& c : parameters.conditions) {
    if (c.field->kind == FieldKind::text) {
      if (text(table.GetPointer<const flatbuffers::String*>(c.field->slot)) != c.text) return false;
      continue;
    }
    const int64_t* computed = c.field->derived ? derived.find(c.field->name) : nullptr;
    if ((computed != nullptr ? *computed : integer_at(table, *c.field)) != c.integer) return false;
  }
  return true;
}

}  // namespace spate::edge
