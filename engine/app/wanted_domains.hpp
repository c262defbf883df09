// Which domains a log is to have, with how many partitions each: flag, then topics.yaml, then 8.
#pragma once
#include "engine/app/config.hpp"
#include "engine/app/config_topics.hpp"
#include "engine/codec/catalog.hpp"
#include "engine/log/manifest.hpp"

namespace spate {

/// The topics.yaml that the configuration names, or the one built in. Faults: `config_invalid`.
Result<TopicsFile> topics_file(const Config& config);

/// Faults: `config_invalid` (topics.yaml), naming place and remedy.
Result<std::vector<WantedDomain>> wanted_domains(const Config& config, const Catalog& catalog);

}  // namespace spate
