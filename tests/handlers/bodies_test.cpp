// Bodies of commands as they come from outside: every bound of every field of every domain.
#include <gtest/gtest.h>

#include "engine/codec/json.hpp"
#include "tests/support/given_when_then_text.hpp"

namespace spate {
namespace {

const Catalog& catalog() {
  static const std::unique_ptr<Catalog> loaded = [] {
    auto result = Catalog::load(domains());
    if (!result) ADD_FAILURE() << result.error().detail;
    return std::move(*result);
  }();
  return *loaded;
}

/// The pointers of all faults, or the command as it was understood.
std::string read(std::string_view domain, std::string_view command, std::string_view body) {
  static CommandReader reader;
  const DomainPlan& plan = *catalog().find(domain);
  const CommandPlan& wanted = *plan.command(command);
  FieldFaults faults;
  const auto parsed = reader.read(plan, wanted, body, faults);
  if (parsed) return member_text(*plan.domain, "Command", wanted.type, parsed->payload);
  std::string pointers;
  for (const FieldFault& fault : faults) pointers += (pointers.empty() ? "" : " ") + fault.pointer;
  return pointers;
}

struct Body {
  const char* command;
  std::string body;
  const char* expected;  ///< pointers of the faults, or the command as text
};
void expect(std::string_view domain, const std::vector<Body>& bodies) {
  for (const Body& b : bodies) EXPECT_EQ(read(domain, b.command, b.body), b.expected) << b.body;
}

std::string of_length(std::size_t n) { return std::string(n, 'x'); }

TEST(RedemptionBodies, FillInDefaults) {
  expect("redemptions",
         {
             {"open", R"({"stock":10})", "open{stock:10 per_claimant_max:1}"},
             {"redeem", R"({"claimant":"ada"})", R"(redeem{claimant:"ada" quantity:1})"},
             {"release", R"({"claimant":"ada"})", R"(release{claimant:"ada" quantity:1})"},
             {"close", "", "close{}"},
             {"close", "{}", "close{}"},
         });
}

TEST(RedemptionBodies, KeepToTheirBounds) {
  expect("redemptions",
         {
             {"open", "{}", "/stock"},
             {"open", R"({"stock":0})", "open{stock:0 per_claimant_max:1}"},
             {"open", R"({"stock":1000000000,"per_claimant_max":1000000})",
              "open{stock:1000000000 per_claimant_max:1000000}"},
             {"open", R"({"stock":-1})", "/stock"},
             {"open", R"({"stock":1000000001,"per_claimant_max":0})", "/stock /per_claimant_max"},
             {"open", R"({"stock":1,"per_claimant_max":1000001})", "/per_claimant_max"},
             {"open", R"({"stock":1,"opens_at":"2026-11-21T10:00:00+01:00"})",
              "open{stock:1 per_claimant_max:1 opens_at:1795251600000000000}"},
             {"open", R"({"stock":1,"opens_at":"tomorrow","closes_at":5})", "/opens_at /closes_at"},
             {"open", R"({"stock":1,"title":""})", "/title"},
             {"open", R"({"stock":1,"title":")" + of_length(1001) + "\"}", "/title"},
             {"open", R"({"stock":1,"colour":"red"})", "/colour"},
             {"redeem", R"({"claimant":"ada","quantity":0})", "/quantity"},
             {"redeem", R"({"claimant":"ada","quantity":1000001})", "/quantity"},
             {"redeem", R"({"claimant":"ada l"})", "/claimant"},
             {"redeem", R"({"claimant":"ada/l"})", "/claimant"},
             {"redeem", R"({"claimant":")" + of_length(129) + "\"}", "/claimant"},
             {"redeem", "{}", "/claimant"},
             {"restock", R"({"quantity":0})", "/quantity"},
             {"restock", R"({"quantity":1000000001})", "/quantity"},
             {"restock", "{}", "/quantity"},
             {"restock", R"({"quantity":1000000000})", "restock{quantity:1000000000}"},
         });
}

std::string coupon(const std::string& discount, const std::string& more = "") {
  return R"({"merchant":"m","code":"c","title":"t","expires_at":"2027-01-01T00:00:00Z","discount":)" +
         discount + more + "}";
}

TEST(CouponBodies, TakeExactlyOneDiscount) {
  const char* const head = R"(submit{merchant:"m" code:"c" title:"t" discount:)";
  EXPECT_EQ(read("coupons", "submit", coupon(R"({"percent":100})")),
            std::string(head) + "{percent:100} expires_at:1798761600000000000}");
  EXPECT_EQ(
      read("coupons", "submit", coupon(R"({"amount_minor":9007199254740991,"currency":"EUR"})")),
      std::string(head) +
          "{amount_minor:9007199254740991 currency:\"EUR\"} expires_at:1798761600000000000}");
  for (const char* wrong :
       {"{}", R"({"percent":10,"amount_minor":1,"currency":"EUR"})", "5", "null"})
    EXPECT_EQ(read("coupons", "submit", coupon(wrong)), "/discount") << wrong;
}

TEST(CouponBodies, KeepToTheirBounds) {
  const auto texts = [](int n) {
    std::string list = "[";
    for (int i = 0; i < n; ++i) list += i == 0 ? "\"why\"" : ",\"why\"";
    return list + "]";
  };
  expect("coupons",
         {
             {"submit", "{}", "/merchant /code /title /discount /expires_at"},
             {"submit", coupon(R"({"percent":0})"), "/discount/percent"},
             {"submit", coupon(R"({"percent":101})"), "/discount/percent"},
             {"submit", coupon(R"({"amount_minor":0,"currency":"EUR"})"), "/discount/amount_minor"},
             {"submit", coupon(R"({"amount_minor":1,"currency":"eur"})"), "/discount/currency"},
             {"submit", coupon(R"({"amount_minor":1,"currency":"QQQ"})"), "/discount/currency"},
             {"submit", coupon(R"({"percent":1})", R"(,"terms":"")"), "/terms"},
             {"approve", R"({"reviewer":"rita"})", R"(approve{reviewer:"rita"})"},
             {"approve", R"({"reviewer":"rita","score":100,"reasons":[]})",
              R"(approve{reviewer:"rita" score:100})"},
             {"approve", R"({"reviewer":"rita","score":101})", "/score"},
             {"approve", R"({"reviewer":"rita","reasons":)" + texts(21) + "}", "/reasons"},
             {"approve", R"({"reviewer":"rita","reasons":["a",""]})", "/reasons/1"},
             {"reject", R"({"reviewer":"rita","reasons":["no"]})",
              R"(reject{reviewer:"rita" reasons:["no"]})"},
             {"reject", R"({"reviewer":"rita"})", "/reasons"},
             {"reject", R"({"reviewer":"rita","reasons":[]})", "/reasons"},
             {"publish", "{}", "publish{}"},
             {"publish", R"({"now":true})", "/now"},
             {"withdraw", "{}", "/reason"},
         });
}

std::string order(const std::string& items) {
  return R"({"customer":"ada","currency":"EUR","items":)" + items + "}";
}

TEST(OrderBodies, KeepToTheirBounds) {
  const std::string item = R"({"sku":"s","quantity":1,"unit_price_minor":1})";
  std::string too_many = "[" + item;
  for (int i = 0; i < 100; ++i) too_many += "," + item;
  expect(
      "orders",
      {
          {"place", "{}", "/customer /items /currency"},
          {"place",
           order(R"([{"sku":"s","quantity":10000,"unit_price_minor":9223372036854775807}])"),
           R"(place{customer:"ada" items:[{sku:"s" quantity:10000 unit_price_minor:9223372036854775807}] currency:"EUR"})"},
          {"place", order("[]"), "/items"},
          {"place", order(too_many + "]"), "/items"},
          {"place", order(R"([{}])"), "/items/0/sku /items/0/quantity /items/0/unit_price_minor"},
          {"place", order(R"([{"sku":"s","quantity":0,"unit_price_minor":-1}])"),
           "/items/0/quantity /items/0/unit_price_minor"},
          {"place", order(R"([{"sku":"s","quantity":10001,"unit_price_minor":1.5}])"),
           "/items/0/quantity /items/0/unit_price_minor"},
          {"pay", R"({"payment":"p","amount_minor":9007199254740991,"currency":"CHF"})",
           R"(pay{payment:"p" amount_minor:9007199254740991 currency:"CHF"})"},
          {"pay", R"({"payment":"p","amount_minor":9007199254740992,"currency":"CHF"})",
           "/amount_minor"},
          {"pay", R"({"payment":"p","amount_minor":-1,"currency":"chf"})",
           "/amount_minor /currency"},
          {"ship", R"({"carrier":"Royal Mail","tracking":"RM 1"})",
           R"(ship{carrier:"Royal Mail" tracking:"RM 1"})"},
          {"ship", "{}", "/carrier /tracking"},
          {"cancel", "{}", "/reason"},
      });
}

std::string quiz(const std::string& question) {
  return R"({"title":"t","teacher":"Ms Rivers","questions":[)" + question + "]}";
}
std::string question(const std::string& kind, const std::string& answer,
                     const std::string& more = "") {
  return R"({"prompt":"?","points":1,"kind":")" + kind + R"(","answer":)" + answer + more + "}";
}

TEST(QuizBodies, SayWhatIsWrongWithAQuestion) {
  const std::string abc = R"(,"options":["a","b","c"])";
  expect("quizzes",
         {
             {"create", "{}", "/title /teacher /questions"},
             {"create", quiz("{}"),
              "/questions/0/prompt /questions/0/kind /questions/0/answer /questions/0/points"},
             {"create", quiz(question("essay", R"("a")")), "/questions/0/kind"},
             {"create", quiz(question("single", R"("a")")), "/questions/0/options"},
             {"create", quiz(question("single", R"("a")", R"(,"options":[])")),
              "/questions/0/options"},
             {"create", quiz(question("single", R"("a")", R"(,"options":["a","a"])")),
              "/questions/0/options/1"},
             {"create", quiz(question("single", "true", abc)), "/questions/0/answer"},
             {"create", quiz(question("single", R"(["a"])", abc)), "/questions/0/answer"},
             {"create", quiz(question("multiple", R"("a")", abc)), "/questions/0/answer"},
             {"create", quiz(question("multiple", R"(["a",1])", abc)), "/questions/0/answer/1"},
             {"create", quiz(question("number", R"("1")")), "/questions/0/answer"},
             {"create", quiz(question("number", "1", R"(,"tolerance":-0.5)")),
              "/questions/0/tolerance"},
             {"create", quiz(question("number", "1", abc)), "/questions/0/options"},
             {"create", quiz(question("text", R"("a")")), "/questions/0/answer"},
             {"create", quiz(question("text", "[]")), "/questions/0/answer"},
             {"create", quiz(question("text", R"(["a"])", R"(,"tolerance":1)")),
              "/questions/0/tolerance"},
         });
}

TEST(QuizBodies, AreTakenWhenNothingIs) {
  const char* const head = R"(create{title:"t" teacher:"Ms Rivers" questions:[{prompt:"?" kind:)";
  const auto created = [&](const std::string& rest) {
    return std::string(head) + rest + " points:1}] attempts_max:1}";
  };
  EXPECT_EQ(
      read("quizzes", "create", quiz(question("single", R"("a")", R"(,"options":["a","b"])"))),
      created(R"(single options:["a" "b"] answer:{text:"a"} tolerance:0)"));
  EXPECT_EQ(read("quizzes", "create", quiz(question("multiple", "[]", R"(,"options":["a"])"))),
            created(R"(multiple options:["a"] answer:{} tolerance:0)"));
  EXPECT_EQ(read("quizzes", "create", quiz(question("number", "-3.5e1", R"(,"tolerance":0.5)"))),
            created("number answer:{number:-35} tolerance:0.5"));
  EXPECT_EQ(read("quizzes", "create", quiz(question("text", R"(["a","b"])"))),
            created(R"(text answer:{items:["a" "b"]} tolerance:0)"));
}

TEST(QuizBodies, TakeAnswersOncePerQuestion) {
  expect(
      "quizzes",
      {
          {"submit", R"({"student":"sam","answers":[]})", R"(submit{student:"sam"})"},
          {"submit", R"({"student":"sam"})", "/answers"},
          {"submit",
           R"({"student":"sam","answers":[{"question":2,"answer":"a"},{"question":1,"answer":[]}]})",
           R"(submit{student:"sam" answers:[{question:2 answer:{text:"a"}} {question:1 answer:{}}]})"},
          {"submit", R"({"student":"sam","answers":[{"question":0,"answer":"a"}]})",
           "/answers/0/question"},
          {"submit",
           R"({"student":"sam","answers":[{"question":1,"answer":"a"},{"question":1,"answer":"b"}]})",
           "/answers/1/question"},
          {"submit", R"({"student":"sam","answers":[{"question":1,"answer":null}]})",
           "/answers/0/answer"},
          {"submit", R"({"student":"sam","answers":[{"question":1,"answer":{}}]})",
           "/answers/0/answer"},
          {"submit", R"({"student":"sam","answers":[{"question":1,"answer":[1]}]})",
           "/answers/0/answer/0"},
      });
}

}  // namespace
}  // namespace spate
