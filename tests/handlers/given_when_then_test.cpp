// The kit catches what it promises to catch.
#include "tests/support/given_when_then.hpp"

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include "schemas/redemptions_generated.h"

namespace spate {
namespace {

using namespace redemptions;

/// A handler of campaigns that opens them, and does one thing wrong.
template <class Wrong>
struct Careless
    : Handles<Members<CommandTraits, Open>,
              Members<EventTraits, Opened, Redeemed, Released, Restocked, Closed>,
              Members<RowTraits, CampaignRow, ClaimRow>> {
  static constexpr uint32_t evolve_version = 1;
  using H = Careless;
  static void rows(typename H::Names& names, const Open&) { names.template add<CampaignRow>(); }
  static void rows(typename H::Names& names, const Opened&) {
    names.template add<CampaignRow>();
    Wrong::name_for_event(names);
  }
  static Verdict decide(const typename H::Rows& rows, const Open& open, typename H::Emit& emit) {
    Wrong::decide(rows);
    emit(CreateOpened(emit.builder(), *open.stock() + Wrong::more()));
    return accepted;
  }
  static void evolve(typename H::Rows& rows, const Opened& e) {
    rows.template edit<CampaignRow>().mutate_stock(e.stock());
    Wrong::evolve(rows);
  }
  template <class Other>
  static void rows(typename Careless::Names&, const Other&) {}
  template <class Other>
  static void evolve(typename Careless::Rows&, const Other&) {}
};
struct Nothing {
  template <class Names>
  static void name_for_event(Names&) {}
  template <class Rows>
  static void decide(const Rows&) {}
  template <class Rows>
  static void evolve(Rows&) {}
  static uint64_t more() { return 0; }
};

template <class Wrong>
void open_with() {
  static const Domain domain{"redemptions", &make_handler<Careless<Wrong>>(), nullptr,
                             domain_named("redemptions").schema};
  ScenarioSteps steps(domain, "lamps");
  steps.decide(Message::pack(1, OpenT{.stock = 1}));
  steps.expect_events({Message::pack(1, OpenedT{.stock = 1})}, std::source_location::current());
}

TEST(GivenWhenThen, TakesACarefulHandler) { open_with<Nothing>(); }

TEST(GivenWhenThen, CatchesAnEventThatNamesARowItsCommandDoesNot) {
  struct Wrong : Nothing {
    static void name_for_event(RowNames<Members<RowTraits, CampaignRow, ClaimRow>>& names) {
      names.add<ClaimRow>("ada");
    }
  };
  EXPECT_NONFATAL_FAILURE(open_with<Wrong>(), "which its command does not (C4)");
}

TEST(GivenWhenThen, CatchesATouchedRowThatWasNotNamed) {
  struct Wrong : Nothing {
    static void evolve(Rows<Members<RowTraits, CampaignRow, ClaimRow>>& rows) {
      rows.edit<ClaimRow>("ada");
    }
  };
  EXPECT_NONFATAL_FAILURE(open_with<Wrong>(), "row_was_named");
}

TEST(GivenWhenThen, CatchesADecisionThatComesOutDifferently) {
  struct Wrong : Nothing {
    static uint64_t more() {
      static uint64_t calls = 0;
      return calls++;
    }
  };
  EXPECT_NONFATAL_FAILURE(open_with<Wrong>(), "decide gives two answers");
}

TEST(GivenWhenThen, CatchesAFoldThatIsNoFunctionOfTheEvents) {
  struct Wrong : Nothing {
    static void evolve(Rows<Members<RowTraits, CampaignRow, ClaimRow>>& rows) {
      static uint64_t calls = 0;
      rows.edit<CampaignRow>().mutate_serial(++calls);
    }
  };
  EXPECT_NONFATAL_FAILURE(open_with<Wrong>(), "folding all events afresh gives other rows");
}

TEST(GivenWhenThen, CatchesAPointerKeptAcrossAWrite) {
  MemoryRows rows;
  rows.allow({{1, "a"}, {1, "b"}}, MemoryRows::Mode::writing);
  const uint8_t* kept = rows.edit({1, "a"}, 8);
  EXPECT_EQ(*kept, 0);
  rows.edit({1, "b"}, 8);
  EXPECT_EQ(*kept, 0xDD);  // still readable until the next write, but spoilt
}

TEST(GivenWhenThen, SaysBothSidesWhenTheyDiffer) {
  using Sale = Scenario<CommandUnionTraits, EventUnionTraits>;
  const auto sold_one = [] {
    Sale("redemptions", "lamps")
        .given(OpenT{.stock = 2})
        .when(RedeemT{.claimant = "ada"})
        .then(RedeemedT{.claimant = "ada", .quantity = 1, .remaining = 2, .serial = 1});
  };
  EXPECT_NONFATAL_FAILURE(sold_one(),
                          "when redeem{claimant:\"ada\" quantity:1}\n"
                          "  expected: redeemed{claimant:\"ada\" quantity:1 remaining:2 serial:1}\n"
                          "  got:      redeemed{claimant:\"ada\" quantity:1 remaining:1 serial:1}");
  const auto refused = [] {
    Sale("redemptions", "lamps")
        .given(OpenT{.stock = 0})
        .when(RedeemT{.claimant = "ada"})
        .then(rejected(Rejection::sold_out).with("remaining", 1));
  };
  EXPECT_NONFATAL_FAILURE(refused(), "got:      rejected: sold_out remaining=0");
  const auto not_accepted = [] {
    Sale("redemptions", "lamps").given(OpenT{.stock = 0}).given(RedeemT{.claimant = "ada"});
  };
  EXPECT_NONFATAL_FAILURE(not_accepted(), "must be accepted, but: rejected: sold_out remaining=0");
}

}  // namespace
}  // namespace spate
