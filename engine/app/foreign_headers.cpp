// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md
#include "engine/app/foreign_headers.hpp"

namespace spate {
namespace {

/// By length first: at most two names have the same.
std::string_view* place_of(ForeignHeaders& found, std::string_view name) {
  const auto is = [&](std::string_view known, std::string_view& place) {
    return name == known ? &place : nullptr;
  };
  switch (name.size()) {
    case 5:
      return is("ce_id", found.event.id);
    case 7:
      return name[3] == 't' && name[4] == 'y' ? is("ce_type", found.event.type)
                                              : is("ce_time", found.event.time);
    case 9:
      return is("ce_source", found.event.source);
    case 11:
      return is("traceparent", found.traceparent);
    case 12:
      return is("content-type", found.content_type);
    case 14:
      return name[3] == 's' ? is("ce_specversion", found.event.specversion)
                            : is("ce_traceparent", found.event.traceparent);
    default:
      return nullptr;
  }
}

}  // namespace

ForeignHeaders foreign_headers(std::span<const KafkaHeader> headers) {
  ForeignHeaders found;
  for (const KafkaHeader& header : headers) {
    std::string_view* place = place_of(found, header.name);
    if (place == nullptr) continue;
    if (place->data() != nullptr) found.repeated = header.name;
    *place = header.value.data() == nullptr ? std::string_view("") : as_text(header.value);
  }
  return found;
}

}  // namespace spate
