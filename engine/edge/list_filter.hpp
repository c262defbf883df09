// ListFilter: the query of a list, checked against what the schema lets be filtered.
#pragma once
#include "engine/codec/catalog.hpp"
#include "engine/edge/path.hpp"

namespace spate::edge {

struct ListParameters {
  std::size_t limit = 100;
  std::string cursor;
  /// Field and the value it must have; text by bytes, enumerations as integers.
  struct Condition {
    const FieldPlan* field;
    std::string text;
    int64_t integer;
  };
  std::vector<Condition> conditions;
  std::string kept;  ///< the query of the next page, without the cursor: `limit=2&state=open`
};

/// Every fault of every parameter at once.
std::optional<Problem> read_list_parameters(const Parameters& given, const ViewPlan& view,
                                            ListParameters& out);

/// Whether a stored view meets all conditions; derived fields as of `now`.
bool meets(const ListParameters& parameters, const DomainPlan& domain, const ViewPlan& view,
           Bytes value, Instant now);

}  // namespace spate::edge
