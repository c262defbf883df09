// Foreign FlatBuffers have the rules of JSON bodies, and no bytes of theirs do harm.
#include "engine/codec/flat_check.hpp"

#include <cmath>
#include <random>
#include <regex>

#include "engine/codec/flat_reader.hpp"
#include "tests/engine/codec/toys.hpp"

namespace spate::test {
namespace {

constexpr std::size_t bytes_max = 1 << 16;

constexpr const char* right_bodies[] = {
    R"({"name":"a","stock":1})",
    R"({"name":"a","stock":1000000000,"count":7,"title":"t","colour":"blue","flag":false})",
    R"({"name":"a","stock":0,"at":"2026-11-29T18:00:00Z","ratio":0.5,"price":9223372036854775807})",
    R"({"name":"a","stock":1,"delta":-32768,"discount":{"percent":3},"answer":"x"})",
    R"({"name":"a","stock":1,"discount":{"amount_minor":5,"currency":"EUR"},"answer":1.5})",
    R"({"name":"a","stock":1,"answer":["x","y"],"parts":[{"sku":"p"},{"sku":"q","count":9}]})",
    R"({"name":"ä","stock":1,"tags":["x","y"],"numbers":[-5,5],"wide":9007199254740991})",
};

/// Of the toys' schema without its rules: what it lets pass, the real one has to refuse.
std::string lenient_schema() {
  std::string text(toy_schema);
  const std::pair<const char*, const char*> edits[] = {
      {R"rx( \((one_of|json_union):"[^"]*"\))rx", ""},
      {R"rx(, (min|max|min_items):("[^"]*"|-?\d+))rx", ""},
      {R"rx(, (needed|ident|currency|money|time|distinct)(:"\w+")?)rx", ""},
      {R"rx(max_(bytes|items):\d+)rx", "max_$1:1000"},
      {"blue = 3 ", "blue = 3, pink = 9 "}};
  for (const auto& [from, to] : edits) text = std::regex_replace(text, std::regex(from), to);
  return text;
}

class FlatChecks : public Toys {
 protected:
  FlatChecks() : lenient_domain_("toys", lenient_schema()) {
    lenient_ = std::move(*Catalog::load({&lenient_domain_.domain, 1}));
  }
  /// A payload that breaks rules, as a careless system would build it.
  Bytes careless(std::string_view name, std::string_view json) {
    const DomainPlan& domain = lenient_->domains().front();
    FieldFaults faults;
    const auto parsed = careless_.read(domain, *domain.command(name), json, faults);
    if (!parsed) throw std::runtime_error(lines(faults));
    return parsed->payload;
  }
  /// As `read`, out of a FlatBuffer.
  std::string read_flat(std::string_view name, Bytes payload) {
    FieldFaults faults;
    const auto parsed = flat_.read(plan(), command(name), payload, faults);
    if (!parsed) return lines(faults);
    fingerprint_ = parsed->fingerprint;
    return fields(*command(name).table, parsed->payload);
  }
  Bytes finished(flatbuffers::uoffset_t start) {
    builder_.Finish(flatbuffers::Offset<void>(builder_.EndTable(start)));
    return {builder_.GetBufferPointer(), builder_.GetSize()};
  }
  flatbuffers::uoffset_t slot(std::string_view table, std::string_view field) {
    return command(table).table->field(field)->slot;
  }
  /// A sound `make` with one more scalar.
  template <class T>
  Bytes make_with(std::string_view field, T value) {
    builder_.Clear();
    builder_.ForceDefaults(true);
    const auto name = builder_.CreateString("a");
    const auto start = builder_.StartTable();
    builder_.AddOffset(voffset(slot("make", "name")), name);
    builder_.AddElement<uint64_t>(voffset(slot("make", "stock")), 1, 0);
    builder_.AddElement<T>(voffset(slot("make", field)), value, T{});
    return finished(start);
  }
  static flatbuffers::voffset_t voffset(flatbuffers::uoffset_t slot) {
    return static_cast<flatbuffers::voffset_t>(slot);
  }

  ToyDomain lenient_domain_;
  std::unique_ptr<Catalog> lenient_;
  CommandReader careless_;
  FlatReader flat_{bytes_max};
  flatbuffers::FlatBufferBuilder builder_;
};

TEST_F(FlatChecks, TakeWhatJsonBuildsAndGiveTheSameFingerprint) {
  for (const char* body : right_bodies) {
    const std::string from_json = read("make", body);
    const uint64_t print = fingerprint_;
    EXPECT_EQ(read_flat("make", as_bytes(payload_)), from_json) << body;
    EXPECT_EQ(fingerprint_, print) << body;
  }
  read("tick", "{}");
  EXPECT_EQ(read_flat("tick", as_bytes(payload_)), "{}");
}

TEST_F(FlatChecks, SayOfWrongValuesWhatJsonIsTold) {
  const char* bodies[] = {
      R"({})",
      R"({"name":"a b","stock":1000000001,"count":0})",
      R"({"name":"a","stock":1,"title":"longer than ten"})",
      R"({"name":"a","stock":1,"count":1000001,"ratio":10.5,"delta":5})",
      R"({"name":"a","stock":1,"price":-5,"numbers":[6,1,-6]})",
      R"({"name":"a","stock":1,"numbers":[1,2,1]})",
      R"({"name":"a","stock":1,"numbers":[1,2,3,4,5,6]})",
      R"({"name":"a","stock":1,"tags":[]})",
      R"({"name":"a","stock":1,"tags":["x","y","x"]})",
      R"({"name":"a","stock":1,"tags":["x y","x/y"]})",
      R"({"name":"a","stock":1,"parts":[{"sku":"p"},{},{"sku":"p","count":0}]})",
      R"({"name":"a","stock":1,"parts":[{},{},{},{}]})",
      R"({"name":"a","stock":1,"discount":{}})",
      R"({"name":"a","stock":1,"discount":{"percent":3,"currency":"EUR"}})",
      R"({"name":"a","stock":1,"discount":{"amount_minor":3}})",
      R"({"name":"a","stock":1,"discount":{"percent":101}})",
      R"({"name":"a","stock":1,"discount":{"amount_minor":0,"currency":"eur"}})",
      R"({"name":"a","stock":1,"colour":"pink"})",
  };
  for (const char* body : bodies) {
    const std::string told = read("make", body);
    EXPECT_TRUE(told.starts_with('/')) << told;
    EXPECT_EQ(read_flat("make", careless("make", body)), told) << body;
  }
}

TEST_F(FlatChecks, KnowExactlyOneAnswerOfSeveralKinds) {
  const std::string rule = "/answer: must be a string or a number or an array of strings\n";
  EXPECT_EQ(read_flat("reply", careless("reply", R"({"answer":{}})")), rule);
  EXPECT_EQ(read_flat("reply", careless("reply", R"({"answer":{"text":"x","number":1}})")), rule);
  EXPECT_EQ(read_flat("reply", careless("reply", R"({})")), "/answer: is missing\n");
  EXPECT_EQ(read_flat("reply", careless("reply", R"({"answer":{"items":[]}})")),
            "/answer/items: must have 1..3 items\n");
}

TEST_F(FlatChecks, SeeValuesThatJsonCannotSay) {
  EXPECT_EQ(read_flat("make", make_with<uint8_t>("flag", 1)).front(), '{');
  EXPECT_EQ(read_flat("make", make_with<uint8_t>("flag", 2)), "/flag: must be true or false\n");
  const std::string number = "/ratio: must be a number, 0..10\n";
  EXPECT_EQ(read_flat("make", make_with<double>("ratio", std::nan(""))), number);
  EXPECT_EQ(read_flat("make", make_with<double>("ratio", HUGE_VAL)), number);
  EXPECT_EQ(read_flat("make", make_with<uint64_t>("wide", ~uint64_t{0})),
            "/wide: must be 0..9007199254740991\n");
  EXPECT_EQ(read_flat("make", make_with<uint8_t>("colour", 4)),
            "/colour: must be one of red, green, blue\n");
  EXPECT_NE(read_flat("make", make_with<int64_t>("at", -1)).find("/at: must be a time"),
            std::string::npos);
  EXPECT_NE(read_flat("make", make_with<int64_t>("at", INT64_MAX)).find("/at: must be a time"),
            std::string::npos);
}

TEST_F(FlatChecks, SeeTextsThatAreEmptyOrNotUtf8) {
  const auto titled = [&](std::string_view text) {
    builder_.Clear();
    const auto title = builder_.CreateString(text.data(), text.size());
    const auto name = builder_.CreateString("a");
    const auto start = builder_.StartTable();
    builder_.AddOffset(voffset(slot("make", "title")), title);
    builder_.AddOffset(voffset(slot("make", "name")), name);
    builder_.AddElement<uint64_t>(voffset(slot("make", "stock")), 1);
    return read_flat("make", finished(start));
  };
  EXPECT_EQ(titled("\xc3("), "/title: must be UTF-8\n");
  EXPECT_EQ(titled(""), "/title: must be 1..10 bytes of text\n");
}

TEST_F(FlatChecks, RefuseFieldsOfANewerSchemaOnlyWhenTheyAreGiven) {
  std::string newer(toy_schema);
  const std::string tail = "wide:ulong = null (id:15);";
  newer.replace(newer.find(tail), tail.size(), tail + " extra:string (id:16);");
  const ToyDomain domain("toys", newer);
  const auto catalog = std::move(*Catalog::load({&domain.domain, 1}));
  const DomainPlan& newer_plan = catalog->domains().front();
  CommandReader reader;
  FieldFaults faults;
  const auto build = [&](const char* body) {
    return reader.read(newer_plan, *newer_plan.command("make"), body, faults)->payload;
  };
  EXPECT_EQ(read_flat("make", build(R"({"name":"a","stock":1})")).front(), '{');
  EXPECT_EQ(read_flat("make", build(R"({"name":"a","stock":1,"extra":"e"})")),
            ": has a field that is not known here: id 16\n");
}

TEST_F(FlatChecks, DoNotUnfoldSharedBytesWithoutEnd) {
  const auto tag = builder_.CreateString(std::string(100, 't'));
  const std::vector<flatbuffers::Offset<flatbuffers::String>> tags(4, tag);
  const auto list = builder_.CreateVector(tags);
  const auto name = builder_.CreateString("a");
  const auto start = builder_.StartTable();
  builder_.AddOffset(voffset(slot("make", "tags")), list);
  builder_.AddOffset(voffset(slot("make", "name")), name);
  builder_.AddElement<uint64_t>(voffset(slot("make", "stock")), 1);
  const Bytes payload = finished(start);
  ASSERT_LT(payload.size(), 300u);
  FlatReader small(300);
  FieldFaults faults;
  EXPECT_FALSE(small.read(plan(), command("make"), payload, faults));
  EXPECT_EQ(lines(faults), "/tags/2: must not unfold into more than 300 bytes\n");
}

TEST_F(FlatChecks, TakeNothingThatIsTooLongOrTooShort) {
  EXPECT_EQ(read_flat("tick", {}), ": must be a sound FlatBuffer\n");
  EXPECT_EQ(read_flat("tick", as_bytes("\x04")), ": must be a sound FlatBuffer\n");
  EXPECT_EQ(read_flat("tick", as_bytes(std::string(64, '\xff'))), ": must be a sound FlatBuffer\n");
  EXPECT_EQ(read_flat("tick", as_bytes(std::string(bytes_max + 1, '\0'))),
            ": must not be longer than 65536 bytes\n");
}

/// Under the address sanitizer this is what it is about.
TEST_F(FlatChecks, StandCutAndChangedBytes) {
  std::mt19937_64 random(20261125);
  int sound = 0, refused = 0;
  for (const char* body : right_bodies) {
    read("make", body);
    const std::string whole = payload_;
    const auto judge = [&](const std::string& bytes) {
      ByteBuffer exact;  // so that a byte too far is one outside
      exact.append(as_bytes(bytes));
      const std::string told = read_flat("make", exact);
      ++(told.front() == '{' ? sound : refused);
    };
    for (std::size_t size = 0; size < whole.size(); ++size) judge(whole.substr(0, size));
    for (int round = 0; round < 2000; ++round) {
      std::string changed = whole;
      for (uint64_t n = 1 + random() % 3; n > 0; --n)
        changed[random() % changed.size()] =
            static_cast<char>(random() % 4 == 0 ? random() : random() % 32);
      judge(changed);
    }
  }
  EXPECT_GT(sound, 100);
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace spate::test
