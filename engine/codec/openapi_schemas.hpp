// JSON Schemas (2020-12) of commands, events and views, as components of the OpenAPI document.
#pragma once
#include "engine/base/json_writer.hpp"
#include "engine/codec/catalog.hpp"

namespace spate {

/// Component names: `redemptions.Open` as it is sent, `redemptions.Campaign.shown` as it is shown.
std::string sent_name(const DomainPlan& domain, const TablePlan& table);
std::string shown_name(const DomainPlan& domain, const TablePlan& table);
/// `{"$ref": "#/components/KIND/NAME"}`
void write_ref(std::string_view kind, std::string_view name, JsonWriter& out);

/// The value of a field as a schema: of a parameter, a member or an item.
void write_value_schema(const DomainPlan& domain, const FieldPlan& field, JsonWriter& out);

/// Members of `components.schemas`: every table of the domain that commands, events and views
/// reach, the domain's accepted and rejected answers, and the members of its lists.
void write_domain_schemas(const DomainPlan& domain, JsonWriter& out);

}  // namespace spate
