// A failure of a projection becomes a sentence; whoever folds stops at it.
#include "engine/projector/event_fold.hpp"

#include <exception>

namespace spate {
namespace {

constexpr uint8_t kind_skippable_from = 128;

std::string place(const DomainFault& fault) {
  return std::string(fault.condition) + " (" + fault.file + ":" + std::to_string(fault.line) + ")";
}

std::string fold_events(const ProjectedDomain& domain, const envelope::Outcome& outcome,
                        StagedViews& staged) {
  if (outcome.events() == nullptr) return {};
  const DomainScope scope;
  Upcaster upcaster(domain.upcasts);
  uint16_t type = 0;
  const auto failed = [&](const std::string& why) {
    return "the projection failed at an event of type " + std::to_string(type) + ": " + why;
  };
  try {
    const std::string_view stream = text_of(outcome.stream());
    const Instant at{outcome.time()};
    staged.begin(stream, at);
    for (const envelope::Event* event : *outcome.events()) {
      const NewestEvent now = upcaster.newest(event->type(), bytes_of(event->payload()));
      if (now.fault != nullptr) return *now.fault;
      type = now.type;
      const auto apply =
          type < domain.projection->apply.size() ? domain.projection->apply[type] : nullptr;
      if (apply == nullptr)
        return "its event " + std::to_string(type) + " is unknown to this binary; run a newer one";
      apply(staged, stream, at, now.payload);
    }
    return {};
  } catch (const DomainFault& fault) {
    return staged.fault() ? staged.fault()->detail : failed(place(fault));
  } catch (const std::exception& error) {
    return failed(error.what());
  }
}

}  // namespace

void prefetch_outcome(const ProjectedDomain& domain, const envelope::Outcome& outcome,
                      StagedViews& staged) {
  const auto names = domain.projection->names;
  if (outcome.kind() != envelope::Kind::accepted || outcome.events() == nullptr) return;
  const DomainScope scope;
  try {
    for (const envelope::Event* event : *outcome.events())
      if (event->type() < names.size() && names[event->type()] != nullptr)
        staged.prefetch(text_of(outcome.stream()), names[event->type()],
                        bytes_of(event->payload()));
  } catch (...) {  // a hint: what is wrong with the event shows when it is applied
  }
}

std::string fold_outcome(const ProjectedDomain& domain, const envelope::Outcome& outcome,
                         StagedViews& staged) {
  const auto kind = outcome.kind();
  if (kind == envelope::Kind::accepted) return fold_events(domain, outcome, staged);
  if (kind == envelope::Kind::none ||
      (static_cast<uint8_t>(kind) < kind_skippable_from && kind > envelope::Kind::controlled))
    return "its kind " + std::to_string(static_cast<int>(kind)) +
           " is unknown to this binary; run a newer one";
  return {};
}

}  // namespace spate
