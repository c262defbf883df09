// Who is right where two nodes differ: rows and views folded from the first outcome, aside.
#include "engine/app/fold_aside.hpp"

#include "tests/engine/app/recorded_points.hpp"
#include "tests/engine/app/sale_directory.hpp"

namespace spate {
namespace {

class FoldAsideTest : public SaleDirectory {
 protected:
  FoldAsideTest() : SaleDirectory({domains().begin(), domains().end()}) {}

  FoldAside aside() {
    return FoldAside({&engine_->log(), catalog_.get(), scratch(), 1 << 16, &ends_});
  }
  std::string scratch() const { return config_.data + "/aside"; }
  DigestPoint recorded_rows() {
    return newest_of_rows(config_.data, *catalog_->find("redemptions"), partition_.index);
  }
  DigestPoint recorded_views() {
    return newest_of_views(config_.data, *catalog_->find("redemptions"), partition_.index);
  }

  std::atomic<bool> ends_{false};
};

TEST_F(FoldAsideTest, ComesToWhatWasRecordedAndLeavesNothing) {
  sell({"ann", "bob", "cid"});
  open();
  EXPECT_EQ(*aside().rows(partition_, recorded_rows()), recorded_rows().digest);
  EXPECT_EQ(*aside().views(partition_, recorded_views()), recorded_views().digest);
  claim(std::string("dan"));  // the log goes on behind what is asked
  EXPECT_EQ(*aside().rows(partition_, recorded_rows()), recorded_rows().digest);
  EXPECT_EQ(*aside().views(partition_, recorded_views()), recorded_views().digest);
  EXPECT_FALSE(std::filesystem::exists(scratch()));
  close();
}

TEST_F(FoldAsideTest, SaysThatTheLogHoldsOtherOutcomes) {
  sell({"ann", "bob"});
  open();
  DigestPoint other = recorded_rows();
  ++other.chain;
  EXPECT_EQ(aside().rows(partition_, other).error().code, "log_differs");
  other = recorded_views();
  other.sequence = {1000};
  EXPECT_EQ(aside().views(partition_, other).error().code, "log_differs");
  close();
}

TEST_F(FoldAsideTest, IsGivenUpWhenTheServerEnds) {
  sell({"ann", "bob"});
  open();
  ends_ = true;
  EXPECT_EQ(aside().rows(partition_, recorded_rows()).error().code, "cancelled");
  EXPECT_EQ(aside().views(partition_, recorded_views()).error().code, "cancelled");
  EXPECT_FALSE(std::filesystem::exists(scratch()));
  close();
}

}  // namespace
}  // namespace spate
