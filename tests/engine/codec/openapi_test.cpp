// OpenAPI: the document is JSON, names every path, and says what the plans say.
#include "engine/codec/openapi.hpp"

#include "tests/engine/codec/toys.hpp"
#include "tests/support/old_events.hpp"

namespace spate::test {
namespace {

class OpenApi : public Toys {
 protected:
  OpenApi() : text_(openapi_document(*catalog_, "1.2.3")) {}
  bool says(std::string_view what) const { return text_.find(what) != std::string::npos; }
  std::string text_;
};

TEST_F(OpenApi, NamesEveryCommandViewAndList) {
  for (const char* path :
       {"/v1/toys/{stream}/make", "/v1/toys/{stream}/reply", "/v1/toys/{stream}/tick",
        "/v1/toys/{stream}/commands", "/v1/toys/{stream}/commands/{command_id}", "/v1/toys",
        "/v1/toys/outcomes", "/v1/toys/{stream}/history",
        "/v1/toys/{stream}", "/v1/toys/{stream}/parts/{key}", "/v1/toys/makers/{key}", "/v1/batch",
        "/v1", "/readyz", "/problems/{domain}/{code}"})
    EXPECT_TRUE(says('"' + std::string(path) + '"')) << path;
  EXPECT_FALSE(says("\"/v1/toys/{stream}/parts\"")) << "the view is unlisted";
}

TEST_F(OpenApi, SaysWhatProbesAnswerAndWhichHeadersCome) {
  for (const char* path : {"/livez", "/readyz", "/health", "/startupz"}) {
    const std::size_t at = text_.find('"' + std::string(path) + '"');
    const std::size_t next = text_.find("operationId", text_.find("operationId", at) + 1);
    EXPECT_NE(text_.substr(at, next - at).find(R"("200": {"$ref": "#/components/responses/Probe"})"),
              std::string::npos)
        << path;
  }
  EXPECT_TRUE(says(R"("Probe": {"description": "Yes.", "content": {"text/plain")"));
  EXPECT_TRUE(says(R"("Preference-Applied":{"$ref":"#/components/headers/Preference-Applied"})"));
}

TEST_F(OpenApi, SaysTheConstraintsOfWhatIsSent) {
  EXPECT_TRUE(says(R"("stock":{"type":"integer","minimum":0,"maximum":1000000000})"));
  EXPECT_TRUE(says(
      R"("count":{"type":"integer","minimum":1,"maximum":1000000,"default":1,"description":"How many."})"));
  EXPECT_TRUE(says(R"("at":{"type":"string","format":"date-time"})"));
  EXPECT_TRUE(says(R"("colour":{"type":"string","enum":["red","green","blue"]})"));
  EXPECT_TRUE(says(R"("required":["name","stock"])"));
  EXPECT_TRUE(
      says(R"("oneOf":[{"type":"object","additionalProperties":false,"required":["percent"])"));
  EXPECT_TRUE(says(R"("anyOf":[{"type":"string","minLength":1,"maxLength":10)"));
}

TEST_F(OpenApi, NamesNoIntegerThatReadersOfJsonWouldRound) {
  EXPECT_FALSE(says("9223372036854775807"));
  EXPECT_TRUE(says(R"("price":{"type":"integer","minimum":-9007199254740991,"format":"int64")"));
}

TEST_F(OpenApi, SaysWhatMayBeNullAndHidesSecrets) {
  EXPECT_TRUE(says(R"("state":{"type":["string","null"],"enum":["idle","busy",null]})"));
  EXPECT_TRUE(says(R"("toy":{"type":"string"})"));
  EXPECT_FALSE(says("secret_key"));
  EXPECT_FALSE(says("hidden"));
}

TEST_F(OpenApi, ShowsEveryRejectionAsAnExample) {
  EXPECT_TRUE(says(
      R"("already_made":{"summary":"Already made","value":{"type":"/problems/toys/already_made")"));
  EXPECT_TRUE(
      says(R"("enum":["already_made","too_late","precondition_failed","outcome_too_large"])"));
}

TEST_F(OpenApi, SaysHowTheOutcomesOfADomainAreFollowed) {
  const std::size_t at = text_.find(R"("/v1/toys/outcomes")");
  ASSERT_NE(at, std::string::npos);
  const std::string_view path = std::string_view(text_).substr(at, text_.find("\"/v1/", at + 1) - at);
  for (const char* what :
       {R"("operationId":"toys.outcomes")", R"("#/components/parameters/From")",
        R"("#/components/parameters/OfStream")", R"("#/components/parameters/Limit")",
        R"("#/components/parameters/Prefer")", R"("#/components/schemas/toys.Recorded")",
        R"("409":{"$ref":"#/components/responses/PositionUnknown"})"})
    EXPECT_NE(path.find(what), std::string_view::npos) << what << "\n" << path;
  EXPECT_TRUE(says(R"("toys.Recorded":{"type":"object","required":["stream","command","outcome",)"));
  EXPECT_TRUE(says(R"("From":)")) << "what is referred to is there";
}

TEST_F(OpenApi, SaysHowTheHistoryOfAStreamIsRead) {
  const std::size_t at = text_.find(R"("/v1/toys/{stream}/history")");
  ASSERT_NE(at, std::string::npos);
  const std::string_view path = std::string_view(text_).substr(at, text_.find("\"/v1/", at + 1) - at);
  for (const char* what :
       {R"("operationId":"toys.history")", R"("#/components/parameters/FromPoint")",
        R"("#/components/parameters/Limit")", R"("#/components/schemas/toys.Past")",
        R"("409":{"$ref":"#/components/responses/PositionUnknown"})"})
    EXPECT_NE(path.find(what), std::string_view::npos) << what << "\n" << path;
  EXPECT_TRUE(says(R"("toys.Past":{"type":"object","required":["stream","command","outcome",)"));
  EXPECT_TRUE(says(R"("FromPoint":)")) << "what is referred to is there";
}

TEST_F(OpenApi, SaysThatAStreamIsReadAsItWas) {
  for (const char* path : {"\"/v1/toys/{stream}\"", "\"/v1/toys/{stream}/parts/{key}\""}) {
    const std::size_t at = text_.find(path);
    ASSERT_NE(at, std::string::npos);
    EXPECT_LT(text_.find("#/components/parameters/AsOf", at), text_.find("\"/v1/", at + 1)) << path;
  }
  EXPECT_TRUE(says(R"("AsOf":)")) << "what is referred to is there";
}

TEST_F(OpenApi, OffersFiltersOfAList) { EXPECT_TRUE(says(R"({"name":"colour","in":"query")")); }

TEST(OpenApiOfOldEvents, ShowsTheNewestVersionAlone) {
  const Meters meters;
  const std::string text = openapi_document(*meters.catalog, "1.2.3");
  EXPECT_NE(text.find("CountedV3"), std::string::npos);
  for (const char* old : {"Counted\"", "CountedV2"})
    EXPECT_EQ(text.find(old), std::string::npos) << old;
}

}  // namespace
}  // namespace spate::test
