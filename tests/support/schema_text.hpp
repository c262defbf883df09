// A domain from the text of its schema: what the codec does with schemas that no build has.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "engine/api/domain.hpp"

namespace spate::test {

/// The binary form of `fbs`, which may include attributes.fbs. Throws what flatc would say.
std::string compile_schema_text(std::string_view fbs);

/// Lives as long as its plans. Handler and projection may be given; by default they are empty.
struct ToyDomain {
  explicit ToyDomain(std::string_view name, std::string_view fbs);
  std::string binary;
  HandlerTable handler;
  ProjectionTable projection;
  Domain domain;
};

}  // namespace spate::test
