// Manifest: what a log directory was made as: format, identity, domains and partition counts (B7).
#pragma once
#include "engine/log/log.hpp"
#include "engine/log/storage.hpp"

namespace spate {

struct Manifest {
  LogIdentity identity;
  std::vector<DomainPlace> domains;
};

/// What a caller wants a log to have; numbers are given out by the manifest.
struct WantedDomain {
  std::string name;
  uint16_t partitions = 0;
  bool is_default = false;  ///< nobody asked for this count: a directory that exists keeps its own
};

/// Reads the directory's manifest, or makes one with `fresh` when the directory has no log. Domains
/// that it lacks are added with new numbers. Faults, nothing changed: `log_format` (made by another
/// version), `partition_count` (a domain has another count).
Result<Manifest> open_manifest(Storage& storage, const std::vector<WantedDomain>& wanted,
                               const LogIdentity& fresh);
/// What `open_manifest` would refuse. Changes nothing.
Result<void> check_manifest(Storage& storage, const std::vector<WantedDomain>& wanted);
/// The manifest of a directory that has none, with the numbers of its domains as they are.
Result<void> make_manifest(Storage& storage, const Manifest& manifest);
/// Reads it without making or changing anything; fault `no_log` when there is no whole one.
Result<Manifest> read_manifest(Storage& storage);

}  // namespace spate
