// The hot path of a sale: naming rows, deciding and folding a redemption allocate nothing.
#include <gtest/gtest.h>

#include "schemas/redemptions_generated.h"
#include "tests/support/given_when_then.hpp"

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they bring their own
#include "tests/support/counted_allocations.hpp"

namespace spate::redemptions {
namespace {

/// One campaign and one claim, in place.
class TwoRows final : public RowAccess {
 public:
  Bytes find(RowName name) override {
    if (name.table == static_cast<uint8_t>(Row::CampaignRow))
      return {reinterpret_cast<const uint8_t*>(&campaign), sizeof campaign};
    return has_claim ? Bytes{reinterpret_cast<const uint8_t*>(&claim), sizeof claim} : Bytes{};
  }
  uint8_t* edit(RowName name, std::size_t) override {
    if (name.table == static_cast<uint8_t>(Row::CampaignRow))
      return reinterpret_cast<uint8_t*>(&campaign);
    has_claim = true;
    return reinterpret_cast<uint8_t*>(&claim);
  }
  void put(RowName, Bytes) override { FAIL() << "hot rows are changed in place"; }
  void erase(RowName) override { has_claim = false; }

  CampaignRow campaign;
  ClaimRow claim;
  bool has_claim = false;
};

TEST(RedeemAllocation, IsNoneOncePrepared) {
  const HandlerTable& handler = *domain_named("redemptions").handler;
  const Message redeem = Message::pack(2, RedeemT{.claimant = "a-claimant-of-usual-length"});
  const HandlerTable::CommandOps& command = *handler.command(redeem.type);
  TwoRows rows;
  rows.campaign.mutate_stock(1'000'000);
  rows.campaign.mutate_per_claimant_max(1'000'000);
  rows.campaign.mutate_closes_at(INT64_MAX);
  std::vector<RowName> names;
  EmitCore emitted;
  const auto one_redemption = [&] {
    names.clear();
    emitted.clear();
    command.rows("lamps", redeem.bytes(), names);
    ASSERT_TRUE(
        command.decide(rows, "lamps", scenario_start, redeem.bytes(), emitted).is_accepted());
    const EmitCore::Emitted& event = emitted.events().front();
    const HandlerTable::EventOps& fold = *handler.event(event.type);
    names.clear();
    fold.rows("lamps", emitted.payload(event), names);
    fold.evolve(rows, "lamps", scenario_start, emitted.payload(event));
  };
  one_redemption();
  const int64_t before = allocations;
  for (int i = 0; i < 1000; ++i) one_redemption();
  EXPECT_EQ(allocations, before);
  EXPECT_EQ(rows.campaign.serial(), 1001u);
  EXPECT_EQ(rows.claim.held(), 1001u);
}

}  // namespace
}  // namespace spate::redemptions
#endif
