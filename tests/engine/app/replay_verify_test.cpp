// Replay verify over a real directory: what differs from the log is named.
#include "engine/app/replay_verify.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "engine/app/log_source.hpp"
#include "tests/engine/app/recorded_points.hpp"
#include "tests/engine/app/sale_directory.hpp"
#include "tests/support/built_in_domain.hpp"

namespace spate {
namespace {

constexpr uint8_t claim_row = 2;

bool moody = false;

Verdict decide(RowAccess& rows, std::string_view campaign, Instant now, Bytes payload,
               EmitCore& emit) {
  return redemptions_domain().handler->commands[2].decide(rows, campaign, now, payload, emit);
}

/// Depends on more than the log while `moody`: what no handler may do.
void evolve(RowAccess& rows, std::string_view campaign, Instant now, Bytes payload) {
  redemptions_domain().handler->events[2].evolve(rows, campaign, now, payload);
  const RowName claim{claim_row, text(root<redemptions::Redeemed>(payload).claimant())};
  if (moody) rows.edit(claim, rows.find(claim).size())[0] ^= 1;
}

std::vector<Domain> moody_domains() {
  std::vector<Domain> all(domains().begin(), domains().end());
  for (Domain& domain : all)
    if (domain.name == "redemptions") domain = redemptions_with_redeem<&decide, &evolve>();
  return all;
}

class VerifiedDirectory : public SaleDirectory {
 protected:
  VerifiedDirectory() : SaleDirectory(moody_domains()) {
    moody = false;
    sell({"ann", "bob", "cid"});
  }

  ReplayReport verified() {
    const auto source = open_directory(config_.data);
    EXPECT_TRUE(source) << source.error().detail;
    const auto report = verify_replay(config_.data, *catalog_, (*source)->log(), 2);
    EXPECT_TRUE(report) << report.error().detail;
    return report ? *report : ReplayReport{};
  }
  std::string journal() const {
    return config_.data + "/digests/redemptions-" + std::to_string(partition_.index);
  }
};

TEST_F(VerifiedDirectory, HoldsWhenNothingWasTouched) {
  const ReplayReport report = verified();
  EXPECT_TRUE(report.holds()) << report.text();
  EXPECT_EQ(report.outcomes, 4u);
  EXPECT_NE(report.text().find(" with 4 outcomes folded"), std::string::npos) << report.text();
  EXPECT_TRUE(report.text().ends_with(
      "stored rows of 1 partition are byte for byte the same, stored views of 1 partition are byte "
      "for byte the same, 2 recorded digests agree\n"))
      << report.text();
}

TEST_F(VerifiedDirectory, SaysWhatThereWasNothingToCompareWith) {
  std::filesystem::remove_all(config_.data + "/rows");
  const ReplayReport report = verified();
  EXPECT_TRUE(report.holds()) << report.text();
  EXPECT_EQ(report.rows.compared, 0u);
  EXPECT_EQ(report.rows.unstored, 1u);
  EXPECT_EQ(report.views.compared, 1u);
  EXPECT_NE(report.text().find("outcomes/s: no rows are stored of 1 partition with outcomes, "
                               "stored views of 1 partition are byte for byte the same, "),
            std::string::npos)
      << report.text();
  EXPECT_EQ(report.digests, 2u) << "the journal is a witness of rows that are gone";
}

TEST_F(VerifiedDirectory, NamesBetweenWhichDigestsAHandlerWasNotAFunctionOfTheLog) {
  moody = true;
  sell({"eve"});
  moody = false;
  const ReplayReport report = verified();
  ASSERT_EQ(report.findings.size(), 2u) << report.text();
  EXPECT_EQ(report.findings[0],
            "rows of " + place() +
                " at outcome 5 were not what the log says when their digest was recorded: they "
                "differ since an outcome behind 4, where they agreed");
  EXPECT_EQ(report.findings[1], "rows of " + place() +
                                    " at outcome 5 are not what the log says: the first is row 2 "
                                    "of 'sale/eve', which has another content");
}

TEST_F(VerifiedDirectory, NamesTheDigestOfViewsThatTheFoldDoesNotComeTo) {
  sell({"dan"});
  const std::string path = config_.data + "/views/digests/1/redemptions-" +
                           std::to_string(partition_.index);
  DigestJournal journal(path, log_of_journal(path));
  ASSERT_EQ(journal.open(), "");
  const ProjectionTable& projection = *redemptions_domain().projection;
  const auto points = journal.points({}, catalog_->find("redemptions")->view_schema_digest,
                                     projection.version);
  ASSERT_EQ(points.size(), 2u);
  std::filesystem::remove(path);
  journal.open();
  for (const DigestPoint& point : points) {
    Checkpoint at;
    at.sequence = point.sequence;
    at.chain = point.chain;
    at.schema_digest = point.schema_digest;
    at.logic_version = point.logic_version;
    at.digest = point.digest;
    if (point == points.back()) at.digest->lo ^= 1;
    ASSERT_TRUE(journal.add(at));
  }
  const ReplayReport report = verified();
  ASSERT_EQ(report.findings.size(), 1u) << report.text();
  EXPECT_EQ(report.findings[0],
            "views of " + place() +
                " at outcome 5 were not what the log says when their digest was recorded: they "
                "differ since an outcome behind 4, where they agreed");
}

TEST_F(VerifiedDirectory, DoesNotTakeADamagedDigestForDamagedRows) {
  sell({"dan"});
  {
    std::fstream file(journal(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(44);
    file.put('\x55');
  }
  const ReplayReport report = verified();
  EXPECT_TRUE(report.holds()) << report.text();
  EXPECT_EQ(report.digests, 3u) << "one of rows, two of views";
  ASSERT_EQ(report.notes.size(), 1u);
  EXPECT_EQ(report.notes[0], journal() + ": 1 recorded digests fail their checksum and are not used; "
                                         "see to the disk");
}

TEST_F(VerifiedDirectory, NamesTheRowThatSaysOtherThanTheLog) {
  hurt_row(false);
  const ReplayReport report = verified();
  ASSERT_EQ(report.findings.size(), 1u) << report.text();
  EXPECT_EQ(report.findings[0], "rows of " + place() +
                                    " at outcome 4 are not what the log says: the first is row 2 of "
                                    "'sale/bob', which has another content");
}

TEST_F(VerifiedDirectory, NamesTheRowThatIsMissing) {
  hurt_row(true);
  const ReplayReport report = verified();
  ASSERT_EQ(report.findings.size(), 1u) << report.text();
  EXPECT_NE(report.findings[0].find("row 2 of 'sale/bob', which is missing"), std::string::npos);
}

TEST_F(VerifiedDirectory, NamesTheViewThatSaysOtherThanTheLog) {
  hurt_view();
  const ReplayReport report = verified();
  ASSERT_EQ(report.findings.size(), 1u) << report.text();
  EXPECT_EQ(report.findings[0], "views of " + place() +
                                    " at outcome 4 are not what the log says: the first is claim "
                                    "'sale/bob', which has another content");
  EXPECT_FALSE(report.holds());
}

}  // namespace
}  // namespace spate
