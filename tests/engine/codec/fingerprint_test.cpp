// Fingerprints: the same for the same wish however it was written, another for any other wish.
#include "engine/codec/fingerprint.hpp"

#include <set>

#include "tests/engine/codec/toys.hpp"

namespace spate::test {
namespace {

class Fingerprints : public Toys {
 protected:
  uint64_t of(std::string_view name, std::string_view json) {
    fingerprint_ = 0;
    const std::string read_back = read(name, json);
    EXPECT_NE(fingerprint_, 0u) << read_back;
    return fingerprint_;
  }
};

TEST_F(Fingerprints, DoNotSeeTheOrderOfMembersNorWhiteSpaceNorEscapes) {
  const uint64_t print =
      of("make", R"({"name":"a","stock":1,"discount":{"amount_minor":5,"currency":"EUR"}})");
  EXPECT_EQ(of("make", R"({ "discount" : {"currency":"\u0045UR","amount_minor":5},)"
                       "\n"
                       R"("st\u006fck":1,"name":"\u0061" })"),
            print);
}

TEST_F(Fingerprints, DoNotSeeWhetherADefaultWasSpeltOut) {
  const uint64_t print = of("make", R"({"name":"a","stock":1,"parts":[{"sku":"x"}]})");
  EXPECT_EQ(of("make", R"({"name":"a","stock":1,"count":1,"ratio":0,"delta":0,"numbers":[],)"
                       R"("parts":[{"sku":"x","count":1}]})"),
            print);
}

TEST_F(Fingerprints, SeeEveryField) {
  std::set<uint64_t> seen;
  const char* bodies[] = {
      R"({"name":"a","stock":1})",
      R"({"name":"b","stock":1})",
      R"({"name":"a","stock":2})",
      R"({"name":"a","stock":1,"count":2})",
      R"({"name":"a","stock":1,"title":"t"})",
      R"({"name":"a","stock":1,"flag":false})",
      R"({"name":"a","stock":1,"flag":true})",
      R"({"name":"a","stock":1,"at":"1970-01-01T00:00:00Z"})",
      R"({"name":"a","stock":1,"colour":"red"})",
      R"({"name":"a","stock":1,"tags":["x","y"]})",
      R"({"name":"a","stock":1,"tags":["y","x"]})",
      R"({"name":"a","stock":1,"tags":["xy"]})",
      R"({"name":"a","stock":1,"parts":[{"sku":"x"}]})",
      R"({"name":"a","stock":1,"parts":[{"sku":"x","count":2}]})",
      R"({"name":"a","stock":1,"numbers":[1,2]})",
      R"({"name":"a","stock":1,"numbers":[0]})",
      R"({"name":"a","stock":1,"answer":"1"})",
      R"({"name":"a","stock":1,"answer":1})",
      R"({"name":"a","stock":1,"answer":["1"]})",
      R"({"name":"a","stock":1,"wide":0})",
      R"({"name":"a","stock":1,"price":0})",
  };
  for (const char* body : bodies) EXPECT_TRUE(seen.insert(of("make", body)).second) << body;
  EXPECT_TRUE(seen.insert(of("tick", "{}")).second);
}

/// What version 1 gives, for ever: stored beside every command.
TEST_F(Fingerprints, OfVersionOneNeverChange) {
  EXPECT_EQ(fingerprint_version, 1);
  EXPECT_EQ(of("tick", "{}"), 11333440102928519707u);
  EXPECT_EQ(
      of("make", R"({"name":"a","stock":1,"tags":["x"],"discount":{"percent":3},"ratio":0.5})"),
      11411565160012643044u);
}

TEST_F(Fingerprints, AgreeBetweenBuildsOfWhichOneKnowsMoreFields) {
  std::string newer(toy_schema);
  const std::string tail = "wide:ulong = null (id:15);";
  newer.replace(
      newer.find(tail), tail.size(),
      tail + " extra:string (id:16); more:uint = 7 (id:17); most:[string] (id:18, max_items:2);");
  const ToyDomain newer_domain("toys", newer);
  const auto loaded = Catalog::load({&newer_domain.domain, 1});
  ASSERT_TRUE(loaded);
  const DomainPlan& newer_plan = (*loaded)->domains().front();
  CommandReader newer_reader;
  FieldFaults faults;
  const char* body = R"({"name":"a","stock":1,"title":"t","tags":["x"]})";
  const auto parsed = newer_reader.read(newer_plan, *newer_plan.command("make"), body, faults);
  ASSERT_TRUE(parsed) << lines(faults);
  EXPECT_EQ(parsed->fingerprint, of("make", body));

  // And this build reads, shows and fingerprints what the newer one built with all of its fields.
  const auto full =
      newer_reader.read(newer_plan, *newer_plan.command("make"),
                        R"({"name":"a","stock":1,"extra":"e","more":9,"most":["m"]})", faults);
  ASSERT_TRUE(full) << lines(faults);
  EXPECT_EQ(fields(*command("make").table, full->payload),
            read("make", R"({"name":"a","stock":1})"));
  ByteBuffer scratch;
  EXPECT_EQ(fingerprint(command("make"), full->payload, scratch),
            of("make", R"({"name":"a","stock":1})"));
}

}  // namespace
}  // namespace spate::test
