// Numbers of commands, events, rejections, rows and views stand in logs for ever: none is given
// twice, none changes its meaning (I1). Who adds one adds it here; nothing here ever goes.
#include <gtest/gtest.h>

#include "engine/codec/catalog.hpp"
#include "schemas/envelope_generated.h"

namespace spate {
namespace {

constexpr const char* golden = R"(coupons
  command 1 submit
  command 2 approve
  command 3 reject
  command 4 publish
  command 5 withdraw
  event 1 submitted
  event 2 approved
  event 3 rejected
  event 4 published
  event 5 withdrawn
  rejection 1 already_submitted
  rejection 2 expires_in_the_past
  rejection 3 unknown_coupon
  rejection 4 withdrawn
  rejection 5 expired
  rejection 6 already_judged
  rejection 7 not_approved
  rejection 8 already_published
  rejection 65280 precondition_failed
  rejection 65281 outcome_too_large
  view 1 Coupon
orders
  command 1 place
  command 2 pay
  command 3 ship
  command 4 cancel
  event 1 placed
  event 2 paid
  event 3 shipped
  event 4 cancelled
  event 5 refund_due
  rejection 1 already_placed
  rejection 2 total_too_large
  rejection 3 unknown_order
  rejection 4 cancelled
  rejection 5 already_paid
  rejection 6 wrong_amount
  rejection 7 not_paid
  rejection 8 already_shipped
  rejection 65280 precondition_failed
  rejection 65281 outcome_too_large
  view 1 Order
  view 2 Customer
quizzes
  command 1 create
  command 2 submit
  command 3 close
  event 1 created
  event 2 submitted
  event 3 graded
  event 4 closed
  rejection 1 already_created
  rejection 2 answer_not_among_options
  rejection 3 unknown_quiz
  rejection 4 closed
  rejection 5 window_over
  rejection 6 no_attempts_left
  rejection 7 unknown_question
  rejection 65280 precondition_failed
  rejection 65281 outcome_too_large
  view 1 Quiz
  view 2 Attempts
  view 3 Student
redemptions
  command 1 open
  command 2 redeem
  command 3 release
  command 4 restock
  command 5 close
  event 1 opened
  event 2 redeemed
  event 3 released
  event 4 restocked
  event 5 closed
  rejection 1 already_open
  rejection 2 window_empty
  rejection 3 unknown_campaign
  rejection 4 closed
  rejection 5 not_open_yet
  rejection 6 window_over
  rejection 7 claimant_limit
  rejection 8 sold_out
  rejection 9 no_such_claim
  rejection 10 stock_too_large
  rejection 65280 precondition_failed
  rejection 65281 outcome_too_large
  view 1 Campaign
  view 2 Claim
)";

constexpr const char* kinds =
    "0 none\n1 accepted\n2 rejected\n3 refused\n4 key_reused\n5 parked\n6 ownership\n"
    "7 controlled\n128 digest\n";

template <class Items, class Number, class Name>
std::string numbered(const char* what, const Items& items, Number number, Name name) {
  std::string text;
  for (const auto& item : items)
    text += std::string("  ") + what + " " + std::to_string(number(item)) + " " +
            std::string(name(item)) + "\n";
  return text;
}

std::string numbers_of(const DomainPlan& d) {
  const auto type = [](const auto& item) { return item.type; };
  const auto name = [](const auto& item) { return item.name(); };
  return d.name + "\n" + numbered("command", d.commands, type, name) +
         numbered("event", d.events, type, name) +
         numbered("rejection", d.rejections, [](const auto& r) { return r.code; },
                  [](const auto& r) { return r.name; }) +
         numbered("view", d.views, [](const auto& v) { return unsigned{v.id}; },
                  [](const auto& v) { return v.table->name; });
}

TEST(Numbers, OfTheDomainsStayWhatTheyAre) {
  std::string all;
  const auto catalog = std::move(*Catalog::load(domains()));
  for (const DomainPlan& domain : catalog->domains()) all += numbers_of(domain);
  EXPECT_EQ(all, golden);
}

TEST(Numbers, OfRecordKindsStayWhatTheyAre) {
  std::string all;
  for (const envelope::Kind kind : envelope::EnumValuesKind())
    all += std::to_string(static_cast<int>(kind)) + " " + envelope::EnumNameKind(kind) + "\n";
  EXPECT_EQ(all, kinds);
}

}  // namespace
}  // namespace spate
