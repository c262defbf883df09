// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md
#include "engine/app/foreign_headers.hpp"

namespace spate {
namespace {

std::string_view* place_of(ForeignHeaders& found, std::string_view name) {
  if (name == "content-type") return &found.content_type;
  if (name == "traceparent") return &found.traceparent;
  if (!name.starts_with("ce_")) return nullptr;
  name.remove_prefix(3);
  if (name == "id") return &found.event.id;
  if (name == "source") return &found.event.source;
  if (name == "type") return &found.event.type;
  if (name == "specversion") return &found.event.specversion;
  if (name == "time") return &found.event.time;
  return name == "traceparent" ? &found.event.traceparent : nullptr;
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
