// ProjectionVersion: what made a generation's views: the projection's number and their schema.
#pragma once
#include <cstdint>
#include <cstdio>
#include <string>

namespace spate {

struct ProjectionVersion {
  uint32_t number = 0;         ///< `version` in the projection's file
  uint64_t schema_digest = 0;  ///< of the schema's views (C3)
  bool operator==(const ProjectionVersion&) const = default;

  /// `2-9f3c01d2`: the number, and how the digest begins.
  std::string text() const {
    char text[32];
    std::snprintf(text, sizeof text, "%u-%08x", number, static_cast<uint32_t>(schema_digest >> 32));
    return text;
  }
};

}  // namespace spate
