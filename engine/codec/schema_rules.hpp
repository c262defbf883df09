// Schema rules: what a domain's schema must keep to, checked once at start over the plans.
#pragma once
#include "engine/codec/catalog.hpp"

namespace spate {

/// `schema_invalid` at domain.Table.field, saying what to write instead.
tl::unexpected<Fault> schema_fault(std::string_view domain, std::string_view table,
                                   std::string_view field, std::string_view remedy);

/// The rules that need no more than the plans: names, attributes that fit their fields, views.
Result<void> check_schema(const DomainPlan& domain);

/// `RefundDue` → `refund_due`.
std::string snake_case(std::string_view camel);

}  // namespace spate
