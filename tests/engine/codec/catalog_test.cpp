// Catalog: the schemas of this build compile, and wrong ones are refused by name with a remedy.
#include "engine/codec/catalog.hpp"

#include <gtest/gtest.h>

namespace spate {
namespace {

const Catalog& catalog() {
  static const auto loaded = [] {
    auto result = Catalog::load(domains());
    if (!result) ADD_FAILURE() << result.error().detail;
    return result ? std::move(*result) : nullptr;
  }();
  return *loaded;
}

TEST(Catalog, KnowsTheRedemptionsOfThisBuild) {
  const DomainPlan* redemptions = catalog().find("redemptions");
  ASSERT_NE(redemptions, nullptr);
  const CommandPlan* open = redemptions->command("open");
  ASSERT_NE(open, nullptr);
  const FieldPlan* stock = open->table->field("stock");
  EXPECT_TRUE(stock->needed && stock->nullable);
  EXPECT_EQ(*stock->min, 0);
  EXPECT_EQ(*stock->max, 1'000'000'000);
  EXPECT_EQ(open->table->field("per_claimant_max")->default_integer, 1);
  EXPECT_TRUE(open->table->field("opens_at")->time);
  EXPECT_EQ(redemptions->stream_view()->table->name, "Campaign");
  EXPECT_EQ(redemptions->view("claims")->shape.scope, ViewScope::item);
  EXPECT_EQ(redemptions->rejection_name(8), "sold_out");
  EXPECT_EQ(redemptions->rejection_name(65280), "precondition_failed");
  EXPECT_NE(redemptions->row_schema_digest, redemptions->view_schema_digest);
}

TEST(Catalog, KeepsLiteralSegmentsFromBeingStreams) {
  const DomainPlan* redemptions = catalog().find("redemptions");
  for (const char* name : {"commands", "outcomes", "customers", "students"})
    EXPECT_TRUE(redemptions->reserves(name)) << name;
  EXPECT_FALSE(redemptions->reserves("claims"));
}

}  // namespace
}  // namespace spate
