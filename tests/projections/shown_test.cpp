// Events and views as they leave the house: the members that the contract names, no secret.
#include <gtest/gtest.h>

#include "engine/codec/json.hpp"
#include "schemas/coupons_generated.h"
#include "schemas/orders_generated.h"
#include "schemas/quizzes_generated.h"
#include "schemas/redemptions_generated.h"
#include "tests/support/view_kit.hpp"

namespace spate {
namespace {

const DomainPlan& plan_of(std::string_view domain) {
  static const std::unique_ptr<Catalog> catalog = [] {
    auto result = Catalog::load(domains());
    if (!result) ADD_FAILURE() << result.error().detail;
    return std::move(*result);
  }();
  return *catalog->find(domain);
}

template <class View, class Scenario>
std::string shown(Scenario& scenario, std::string_view key = {}) {
  const DomainPlan& plan = plan_of(scenario.steps().domain().name);
  constexpr uint8_t id = Scenario::template id<View>();
  std::string json;
  JsonWriter out(json);
  for (const ViewPlan& view : plan.views)
    if (view.id == id)
      write_view(plan, view, scenario.steps().find(id, key), scenario.steps().now(), out);
  return json;
}

template <template <class> class EventOf, class Object>
std::string shown_event(std::string_view domain, const Object& event) {
  constexpr auto type = static_cast<uint16_t>(EventOf<Object>::enum_value);
  std::string json;
  JsonWriter out(json);
  out.begin_object();
  write_fields(*plan_of(domain).event(type)->table, Message::pack(type, event).bytes(), nullptr,
               out);
  out.end_object();
  return json;
}

TEST(Shown, ACampaignAndAClaim) {
  using namespace redemptions;
  ViewScenario<EventUnionTraits, ViewTraits> views("redemptions");
  views.on("lamps").given(OpenedT{.stock = 2, .per_claimant_max = 1});
  EXPECT_EQ(
      shown<Campaign>(views),
      R"({"campaign":"lamps","title":null,"state":"open","stock":2,"redeemed":0,"remaining":2,)"
      R"("claimants":0,"per_claimant_max":1,"opens_at":null,"closes_at":null,)"
      R"("first_redeemed_at":null,"last_redeemed_at":null,"version":1})");
  views.given(RedeemedT{.claimant = "ada", .quantity = 1, .remaining = 1, .serial = 1});
  EXPECT_EQ(
      shown<Claim>(views, "ada"),
      R"({"claimant":"ada","quantity":1,"first_serial":1,"first_at":"2026-11-21T09:00:00Z"})");
}

TEST(Shown, ACoupon) {
  using namespace coupons;
  SubmittedT event;
  event.merchant = "m";
  event.code = "C";
  event.title = "t";
  event.discount = std::make_unique<DiscountT>();
  event.discount->amount_minor = 500;
  event.discount->currency = "EUR";
  event.expires_at = start_plus(hours(1)).ns;
  ViewScenario<EventUnionTraits, ViewTraits> views("coupons");
  views.on("spring").given(event).wait(hours(1));
  EXPECT_EQ(shown<Coupon>(views),
            R"({"coupon":"spring","merchant":"m","code":"C","title":"t",)"
            R"("discount":{"amount_minor":500,"currency":"EUR"},"terms":null,"state":"submitted",)"
            R"("expired":true,"score":null,"reasons":[],"reviewer":null,)"
            R"("submitted_at":"2026-11-21T09:00:00Z","judged_at":null,"published_at":null,)"
            R"("expires_at":"2026-11-21T10:00:00Z","version":1})");
}

TEST(Shown, AnOrderAndItsCustomer) {
  using namespace orders;
  PlacedT event;
  event.customer = "ada";
  event.items.push_back(std::make_unique<ItemT>());
  event.items[0]->sku = "lamp";
  event.items[0]->quantity = 2;
  event.items[0]->unit_price_minor = 350;
  event.currency = "EUR";
  event.total_minor = 700;
  ViewScenario<EventUnionTraits, ViewTraits> views("orders");
  views.on("order-7").given(event);
  views.given(PaidT{.payment = "p", .amount_minor = 700, .currency = "EUR"});
  EXPECT_EQ(shown<Order>(views),
            R"({"order":"order-7","customer":"ada",)"
            R"("items":[{"sku":"lamp","quantity":2,"unit_price_minor":350}],"currency":"EUR",)"
            R"("total_minor":700,"state":"paid","payment":"p","carrier":null,"tracking":null,)"
            R"("placed_at":"2026-11-21T09:00:00Z","paid_at":"2026-11-21T09:00:00Z",)"
            R"("shipped_at":null,"cancelled_at":null,"version":2})");
  EXPECT_EQ(shown<Customer>(views, "ada"),
            R"({"customer":"ada","orders":1,"spent":[{"currency":"EUR","amount_minor":700}],)"
            R"("last_order_at":"2026-11-21T09:00:00Z"})");
}

TEST(Shown, AQuizItsAttemptsAndItsStudentWithoutAnswers) {
  using namespace quizzes;
  CreatedT event;
  event.title = "Streets";
  event.teacher = "Ms Rivers";
  event.attempts_max = 2;
  event.questions.push_back(std::make_unique<QuestionT>());
  event.questions[0]->prompt = "?";
  event.questions[0]->kind = Kind::single;
  event.questions[0]->options = {"a", "b"};
  event.questions[0]->points = 10;
  event.questions[0]->answer = std::make_unique<AnswerT>();
  event.questions[0]->answer->text = "b";
  const std::string question =
      R"("questions":[{"prompt":"?","kind":"single","options":["a","b"],"tolerance":0,"points":10}])";
  EXPECT_EQ(shown_event<EventUnionTraits>("quizzes", event),
            R"({"title":"Streets","teacher":"Ms Rivers",)" + question +
                R"(,"attempts_max":2,"closes_at":null})");
  ViewScenario<EventUnionTraits, ViewTraits> views("quizzes");
  views.on("streets").given(event);
  const std::string head =
      R"({"quiz":"streets","title":"Streets","teacher":"Ms Rivers","state":"open",)" + question +
      R"(,"attempts_max":2,"closes_at":null,)";
  EXPECT_EQ(shown<Quiz>(views), head + R"("submissions":0,"mean":null,"min":null,"max":null,)"
                                       R"("histogram":[0,0,0,0,0,0,0,0,0,0],)"
                                       R"("hardest_question":null,"version":1})");
  GradedT graded;
  graded.student = "sam";
  graded.score = graded.score_max = 10;
  graded.points = {10};
  views.given(graded);
  EXPECT_EQ(shown<Quiz>(views), head + R"("submissions":1,"mean":10,"min":10,"max":10,)"
                                       R"("histogram":[0,0,0,0,0,0,0,0,0,1],)"
                                       R"("hardest_question":1,"version":2})");
  EXPECT_EQ(shown<Attempts>(views, "sam"),
            R"({"student":"sam","attempts":[{"score":10,"at":"2026-11-21T09:00:00Z"}],)"
            R"("attempts_left":1,"best":10,"score_max":10,"points":[10]})");
  EXPECT_EQ(shown<Student>(views, "sam"),
            R"({"student":"sam","quizzes":1,"attempts":1,"points":10,"points_max":10,)"
            R"("best":100,"worst":100})");
}

TEST(Shown, AnEmptyAnswerAsTheListItWas) {
  using namespace quizzes;
  SubmittedT event;
  event.student = "sam";
  event.answers.push_back(std::make_unique<GivenT>());
  event.answers[0]->question = 1;
  event.answers[0]->answer = std::make_unique<AnswerT>();
  EXPECT_EQ(shown_event<EventUnionTraits>("quizzes", event),
            R"({"student":"sam","answers":[{"question":1,"answer":[]}]})");
}

}  // namespace
}  // namespace spate
