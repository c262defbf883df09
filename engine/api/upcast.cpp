// One version after the other, until there is no step from what was made.
#include "engine/api/upcast.hpp"

#include <exception>
#include <utility>
#include <vector>

#include "engine/base/ensure.hpp"

namespace spate {
namespace {

/// Empty, or why the step failed.
std::string take(const UpcastStep& step, Bytes payload, flatbuffers::FlatBufferBuilder& next) {
  const DomainScope scope;
  try {
    return step.make(payload, next) ? "" : "what it returns is no whole event";
  } catch (const DomainFault& fault) {
    return std::string(fault.condition) + " (" + fault.file + ":" + std::to_string(fault.line) +
           ")";
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "it threw something";
  }
}

}  // namespace

struct Upcaster::Made {
  std::vector<flatbuffers::DetachedBuffer> events;
  std::string fault;
};

void Upcaster::forget() { delete std::exchange(made_, nullptr); }

NewestEvent Upcaster::upcast(uint16_t type, Bytes payload) {
  if (made_ == nullptr) made_ = new Made;
  NewestEvent event{type, payload};
  while (event.type < steps_.size() && steps_[event.type].make != nullptr) {
    const UpcastStep& step = steps_[event.type];
    flatbuffers::FlatBufferBuilder builder;
    if (const std::string why = take(step, event.payload, builder); !why.empty()) {
      made_->fault = "an event " + std::string(steps_[type].from_name) + " (type " +
                     std::to_string(type) + "): its upcaster from " + std::string(step.from_name) +
                     " to " + std::string(step.to_name) + " failed: " + why;
      return {type, payload, &made_->fault};
    }
    const flatbuffers::DetachedBuffer& made = made_->events.emplace_back(builder.Release());
    event = {step.to, {made.data(), made.size()}};
  }
  return event;
}

}  // namespace spate
