// Foreign headers: what the headers of a Kafka record say of the command in it.
#pragma once
#include "engine/codec/cloud_event.hpp"
#include "engine/log/kafka_client.hpp"

namespace spate {

/// Null data: not given.
struct ForeignHeaders {
  std::string_view content_type;
  std::string_view traceparent;
  CloudEvent event;            ///< of binary mode
  std::string_view repeated;   ///< a header that was given twice and says something
  bool has_event() const { return event.specversion.data() || event.id.data(); }
};

/// Headers that are not known are of no concern here.
ForeignHeaders foreign_headers(std::span<const KafkaHeader> headers);

}  // namespace spate
