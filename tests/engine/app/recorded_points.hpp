// The newest digests that the engine of a data directory recorded, as its journals say.
#pragma once
#include <gtest/gtest.h>

#include <fstream>

#include "engine/app/digests_folder.hpp"
#include "engine/codec/catalog.hpp"
#include "engine/state/digest_journal.hpp"

namespace spate {

/// The log that a journal says it is of.
inline LogIdentity log_of_journal(const std::string& path) {
  LogIdentity log;
  std::ifstream file(path, std::ios::binary);
  file.seekg(sizeof(uint64_t));
  for (uint64_t* part : {&log.id.hi, &log.id.lo, &log.incarnation})
    file.read(reinterpret_cast<char*>(part), sizeof *part);
  EXPECT_TRUE(file) << path;
  return log;
}

inline DigestPoint newest_point(const std::string& path, uint64_t schema_digest, uint32_t version) {
  DigestJournal journal(path, log_of_journal(path));
  EXPECT_EQ(journal.open(), "");
  const auto points = journal.points({}, schema_digest, version);
  EXPECT_FALSE(points.empty()) << path;
  return points.empty() ? DigestPoint{} : points.back();
}
inline DigestPoint newest_of_rows(const std::string& data, const DomainPlan& plan, uint16_t index) {
  return newest_point(digests_folder(data) + "/" + plan.name + "-" + std::to_string(index),
                      plan.row_schema_digest, plan.domain->handler->evolve_version);
}
/// Of the first generation.
inline DigestPoint newest_of_views(const std::string& data, const DomainPlan& plan,
                                   uint16_t index) {
  return newest_point(data + "/views/digests/1/" + plan.name + "-" + std::to_string(index),
                      plan.view_schema_digest, plan.domain->projection->version);
}

}  // namespace spate
