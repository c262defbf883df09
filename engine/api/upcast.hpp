// Upcast: an event of an older version as the newest one, made when it is read; the log keeps what
// was written (I4).
#pragma once
#include <span>
#include <string>

#include "engine/api/types.hpp"

namespace spate {

/// From one version of an event to the next. In a table of them: index = the older one's id.
struct UpcastStep {
  /// The next version into the empty builder, finished. False: what was made cannot be read.
  bool (*make)(Bytes payload, flatbuffers::FlatBufferBuilder& next) = nullptr;
  uint16_t to = 0;
  std::string_view from_name, to_name;  ///< "Added", "AddedV2"
};

/// An event as this binary's handlers and readers know it.
struct NewestEvent {
  uint16_t type = 0;
  Bytes payload;
  /// Not null: the upcaster failed, and this is the event as it was written. A sentence that names
  /// event and version; it lives until the next call.
  const std::string* fault = nullptr;
};

/// Reads events in their newest version. One thread; what upcasters throw ends here. Costs nothing
/// to make, and a comparison for an event that is the newest.
class Upcaster {
 public:
  explicit Upcaster(std::span<const UpcastStep> steps) : steps_(steps) {}
  ~Upcaster() {
    if (made_ != nullptr) [[unlikely]] forget();
  }
  Upcaster(const Upcaster&) = delete;
  Upcaster& operator=(const Upcaster&) = delete;

  /// The event as it was written, when that is its newest version; else what the upcasters made of
  /// it, which lives until clear().
  NewestEvent newest(uint16_t type, Bytes payload) {
    if (type < steps_.size() && steps_[type].make != nullptr) [[unlikely]]
      return upcast(type, payload);
    return {type, payload};
  }
  void clear() {
    if (made_ != nullptr) [[unlikely]] forget();
  }

 private:
  struct Made;
  NewestEvent upcast(uint16_t type, Bytes payload);
  void forget();

  std::span<const UpcastStep> steps_;
  Made* made_ = nullptr;  // most never make anything
};

}  // namespace spate
