// Events, rows and views as readable text, by the domain's own schema; secrets included.
#pragma once
#include <string>
#include <string_view>

#include "engine/api/domain.hpp"

namespace spate {

/// Requires: a domain of this name is built in.
const Domain& domain_named(std::string_view name);

/// `redeemed{claimant:"ada" quantity:1 remaining:9 serial:1}`; `union_name` is Command, Event, Row
/// or View. Null fields are left out; those in `derived` (may be null) count as stored.
std::string member_text(const Domain& domain, std::string_view union_name, uint16_t member,
                        Bytes value, const Derived* derived = nullptr);

/// The enumerator's name in the schema's enum Rejection, or a number when there is none.
std::string rejection_text(const Domain& domain, const Verdict& verdict);

}  // namespace spate
