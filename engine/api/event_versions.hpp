// EventVersions: what the name of an event says: `Added` is the first version, `AddedV2` the next.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace spate {

struct VersionedName {
  std::string_view base;  ///< "Added" of "AddedV2"
  uint32_t version = 1;   ///< 0: written V0, V1 or V02, which is none
};

/// `AddedV12` is version 12 of `Added`; a name without a number is the first version.
constexpr VersionedName versioned(std::string_view name) {
  std::size_t digits = name.size();
  uint32_t version = 0, unit = 1;
  while (digits > 0 && name[digits - 1] >= '0' && name[digits - 1] <= '9' && unit <= 10'000) {
    version += unit * static_cast<uint32_t>(name[--digits] - '0');
    unit *= 10;
  }
  if (digits == name.size() || digits < 2 || name[digits - 1] != 'V') return {name, 1};
  const bool is_plain = name[digits] != '0' && version > 1;
  return {name.substr(0, digits - 1), is_plain ? version : 0};
}

/// "AddedV3" after "AddedV2".
inline std::string next_version_of(std::string_view name) {
  const VersionedName now = versioned(name);
  return std::string(now.base) + "V" + std::to_string(now.version + 1);
}

constexpr bool is_next_version(std::string_view before, std::string_view after) {
  const VersionedName a = versioned(before), b = versioned(after);
  return a.base == b.base && a.version > 0 && b.version == a.version + 1;
}

constexpr bool is_newer_version(std::string_view before, std::string_view after) {
  const VersionedName a = versioned(before), b = versioned(after);
  return a.base == b.base && b.version > a.version;
}

}  // namespace spate
