// PayloadCheck: whether what the log holds of a domain can be read by this binary's schema.
#pragma once
#include <memory>
#include <string>

#include "engine/codec/catalog.hpp"
#include "schemas/envelope_generated.h"

namespace spate {

/// Form (offsets, sizes, required fields), then every enum's value and a rendering as JSON: all
/// that readers of history do; of an event of an older version so is what its upcasters make of
/// it. The limits of commands (`min`, `max_bytes`, …) are not looked at:
/// they may have been others when the command was taken. One thread.
class PayloadCheck {
 public:
  explicit PayloadCheck(const DomainPlan& domain);
  ~PayloadCheck();

  /// Empty, or why not: "its event 2 (redeemed): …".
  std::string fault_of(const envelope::Outcome& outcome);
  std::string fault_of(const envelope::Command& command);

 private:
  struct Schema;
  std::string fault_of(const envelope::Event& event);
  std::string fault_of_payload(const EventPlan& plan, Bytes payload);

  const DomainPlan& domain_;
  std::unique_ptr<Schema> schema_;
  std::string rendered_;
};

}  // namespace spate
