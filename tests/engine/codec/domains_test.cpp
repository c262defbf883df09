// The four domains as the outside meets them: what each command takes, and what it refuses.
#include <gtest/gtest.h>

#include "engine/codec/json.hpp"
#include "engine/codec/openapi.hpp"

namespace spate {
namespace {

class Domains : public ::testing::Test {
 protected:
  Domains() : catalog_(std::move(*Catalog::load(domains()))) {}

  /// `taken`, or the faults as `pointer: detail` lines. `path` is DOMAIN/COMMAND.
  std::string send(std::string_view path, std::string_view json) {
    const DomainPlan* domain = catalog_->find(path.substr(0, path.find('/')));
    const CommandPlan* command = domain->command(path.substr(path.find('/') + 1));
    FieldFaults faults;
    if (reader_.read(*domain, *command, json, faults)) return "taken";
    std::string text;
    for (const FieldFault& f : faults) text += f.pointer + ": " + f.detail + '\n';
    return text;
  }

  std::unique_ptr<Catalog> catalog_;
  CommandReader reader_;
};

TEST_F(Domains, TakeWhatTheContractSays) {
  const std::pair<const char*, const char*> bodies[] = {
      {"redemptions/open", R"({"stock":0})"},
      {"redemptions/open",
       R"({"stock":1000000000,"per_claimant_max":1000000,"opens_at":"2026-11-29T18:00:00Z",)"
       R"("closes_at":"2026-11-29T19:00:00+01:00","title":"Sale"})"},
      {"redemptions/redeem", R"({"claimant":"c"})"},
      {"redemptions/release", R"({"claimant":"c","quantity":1000000})"},
      {"redemptions/restock", R"({"quantity":1})"},
      {"redemptions/close", ""},
      {"coupons/submit", R"({"merchant":"m","code":"SAVE5","title":"t","discount":{"percent":100},)"
                         R"("expires_at":"2027-01-01T00:00:00Z"})"},
      {"coupons/submit",
       R"({"merchant":"m","code":"SAVE5","title":"t","terms":"x","discount":)"
       R"({"amount_minor":9007199254740991,"currency":"EUR"},"expires_at":"2027-01-01T00:00:00Z"})"},
      {"coupons/approve", R"({"reviewer":"r","score":0,"reasons":[]})"},
      {"coupons/reject", R"({"reviewer":"r","reasons":["no"]})"},
      {"coupons/publish", "{}"},
      {"coupons/withdraw", R"({"reason":"r"})"},
      {"orders/place", R"({"customer":"c","currency":"JPY","items":[{"sku":"s","quantity":10000,)"
                       R"("unit_price_minor":9223372036854775807}]})"},
      {"orders/pay", R"({"payment":"p","amount_minor":0,"currency":"EUR"})"},
      {"orders/ship", R"({"carrier":"c","tracking":"t"})"},
      {"orders/cancel", R"({"reason":"r"})"},
      {"quizzes/create",
       R"({"title":"t","teacher":"x","questions":[)"
       R"({"prompt":"p","kind":"single","options":["a","b"],"answer":"a","points":1},)"
       R"({"prompt":"p","kind":"multiple","options":["a","b"],"answer":["a","b"],"points":1000},)"
       R"({"prompt":"p","kind":"number","answer":3.5,"tolerance":0.5,"points":2},)"
       R"({"prompt":"p","kind":"text","answer":["Paris","paris"],"points":3}]})"},
      {"quizzes/submit", R"({"student":"s","answers":[]})"},
      {"quizzes/submit", R"({"student":"s","answers":[{"question":1,"answer":"a"},)"
                         R"({"question":2,"answer":["a"]},{"question":3,"answer":-1.5e3}]})"},
      {"quizzes/close", "{}"}};
  for (const auto& [path, body] : bodies)
    EXPECT_EQ(send(path, body), "taken") << path << ' ' << body;
}

TEST_F(Domains, RefuseWhatTheContractRefuses) {
  EXPECT_EQ(send("redemptions/open", R"({"stock":1000000001,"per_claimant_max":0})"),
            "/stock: must be 0..1000000000\n/per_claimant_max: must be 1..1000000\n");
  EXPECT_EQ(send("redemptions/restock", R"({"quantity":0})"), "/quantity: must be 1..1000000000\n");
  EXPECT_EQ(send("coupons/reject", R"({"reviewer":"r","score":101,"reasons":[]})"),
            "/score: must be 0..100\n/reasons: must have 1..20 items\n");
  EXPECT_EQ(send("coupons/submit", R"({"merchant":"m","code":"c","title":"t","discount":{},)"
                                   R"("expires_at":"soon"})"),
            "/discount: must have exactly one of: percent; amount_minor with currency\n"
            "/expires_at: must be a time as in RFC 3339, such as 2026-11-29T18:00:00Z, of the "
            "years 1970 to 2261\n");
  EXPECT_EQ(send("orders/place", R"({"customer":"c","currency":"EUR","items":[{"sku":"s",)"
                                 R"("quantity":10001,"unit_price_minor":-1}]})"),
            "/items/0/quantity: must be 1..10000\n"
            "/items/0/unit_price_minor: must be 0..9223372036854775807\n");
  EXPECT_EQ(
      send("orders/pay", R"({"payment":"p","amount_minor":9007199254740992,"currency":"XXQ"})"),
      "/amount_minor: must be 0..9007199254740991\n"
      "/currency: must be a currency code of ISO 4217 in upper case, such as EUR\n");
  EXPECT_EQ(send("quizzes/submit", R"({"student":"s","answers":[{"question":0,"answer":true},)"
                                   R"({"question":1,"answer":"a"},{"question":1,"answer":"b"}]})"),
            "/answers/0/question: must be 1..9007199254740991\n"
            "/answers/0/answer: must be a string or a number or an array of strings\n"
            "/answers/2/question: is the same as in item 1\n");
}

TEST_F(Domains, AreAllInTheOpenApiDocument) {
  const std::string text = openapi_document(*catalog_, "1");
  for (const DomainPlan& domain : catalog_->domains())
    for (const CommandPlan& command : domain.commands) {
      const std::string path = "/v1/" + domain.name + "/{stream}/" + std::string(command.name());
      EXPECT_NE(text.find('"' + path + '"'), std::string::npos) << path;
    }
}

TEST_F(Domains, SayOfEveryRejectionWhatItMeans) {
  for (const DomainPlan& domain : catalog_->domains())
    for (const RejectionPlan& rejection : domain.rejections)
      EXPECT_FALSE(rejection.doc.empty()) << domain.name << ' ' << rejection.name;
}

}  // namespace
}  // namespace spate
