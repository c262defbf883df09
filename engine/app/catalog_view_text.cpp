// As HTTP shows a view, cut into its members.
#include "engine/app/catalog_view_text.hpp"

#include "engine/app/domain_plan.hpp"
#include "engine/codec/json.hpp"
#include "engine/codec/json_value.hpp"

namespace spate {

const DomainPlan& CatalogViewText::plan_of(uint16_t domain) const {
  return spate::plan_of(catalog_, topology_, domain);
}

const ViewPlan& CatalogViewText::view_of(uint16_t domain, uint8_t view) const {
  for (const ViewPlan& plan : plan_of(domain).views)
    if (plan.id == view) return plan;
  ensure_failed("the view is of this domain", __FILE__, __LINE__);
}

std::string CatalogViewText::view(uint16_t domain, uint8_t view) const {
  return view_of(domain, view).table->wire_name;
}

ViewText::Fields CatalogViewText::fields(uint16_t domain, uint8_t view, Bytes value) const {
  std::string json;
  JsonWriter out(json);
  out.begin_object();
  write_fields(*view_of(domain, view).table, value, nullptr, out);
  out.end_object();
  const Result<JsonValue> parsed = JsonValue::parse(json);
  ENSURE(parsed.has_value());
  Fields fields;
  for (const auto& [name, member] : parsed->members) {
    std::string text;
    JsonWriter member_out(text);
    member.write(member_out);
    fields.emplace_back(name, std::move(text));
  }
  return fields;
}

}  // namespace spate
