// RecordedDigests: agreements are counted, the first difference is told, other histories pass.
#include "engine/app/recorded_digests.hpp"

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.hpp"

namespace spate {
namespace {

Checkpoint at(uint64_t sequence, uint64_t digest, uint64_t chain = 1) {
  Checkpoint c;
  c.sequence = {sequence};
  c.chain = chain;
  c.schema_digest = 7;
  c.logic_version = 1;
  c.digest = Hash128{digest, digest};
  return c;
}

TEST(RecordedDigests, TellTheFirstDifferenceAndWhereTheyAgreed) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/journal";
  DigestJournal journal(path);
  for (const uint64_t n : {1, 2, 3, 4}) ASSERT_TRUE(journal.add(at(n, n)));
  RecordedDigests recorded(path, {}, 7, 1);
  for (const uint64_t n : {1, 2}) recorded.meet(at(n, n));
  EXPECT_EQ(recorded.difference(), "");
  recorded.meet(at(3, 99));
  recorded.meet(at(4, 98));
  EXPECT_EQ(recorded.agreed(), 2u);
  EXPECT_NE(recorded.difference().find(" at outcome 3 "), std::string::npos) << recorded.difference();
  EXPECT_NE(recorded.difference().find("behind 2, where"), std::string::npos) << recorded.difference();
}

TEST(RecordedDigests, PassOverWhatWasRecordedOfAnotherHistory) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/journal";
  DigestJournal journal(path);
  ASSERT_TRUE(journal.add(at(1, 1)));
  ASSERT_TRUE(journal.add(at(2, 2, 5)));
  RecordedDigests recorded(path, {}, 7, 1);
  recorded.meet(at(1, 1));
  recorded.meet(at(2, 99));
  EXPECT_EQ(recorded.agreed(), 1u);
  EXPECT_EQ(recorded.difference(), "");
}

}  // namespace
}  // namespace spate
