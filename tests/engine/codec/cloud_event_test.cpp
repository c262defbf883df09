// Events of other systems in the JSON format of CloudEvents.
#include "engine/codec/cloud_event.hpp"

#include "tests/engine/codec/toys.hpp"

namespace spate::test {
namespace {

class CloudEvents : public Toys {
 protected:
  /// The event as `id|source|type|time|content type|data`, or its faults.
  std::string read_event(std::string_view json) {
    FieldFaults faults;
    CloudEvent e;
    if (!events_.read(json, e, faults)) return lines(faults);
    std::string text;
    for (std::string_view part : {e.id, e.source, e.type, e.time, e.datacontenttype})
      text += std::string(part.data() == nullptr ? "-" : part) + '|';
    switch (events_.data_form()) {
      case CloudEventReader::Form::none:
        return text + "no data";
      case CloudEventReader::Form::bytes:
        return text + "bytes " + std::string(as_text(events_.data_bytes()));
      case CloudEventReader::Form::json:
        break;
    }
    const auto parsed = events_.read_data(plan(), command("make"), faults);
    return text + (parsed ? fields(*command("make").table, parsed->payload) : lines(faults));
  }
  CloudEventReader events_;
};

TEST_F(CloudEvents, AreReadWithTheirData) {
  EXPECT_EQ(read_event(R"({"specversion":"1.0","id":"a","source":"/s","type":"toys.tick"})"),
            "a|/s|toys.tick|-|-|no data");
  const std::string fields = read("make", R"({"name":"n","stock":1})");
  EXPECT_EQ(read_event(R"({"data":{"stock":1,"name":"n"},"type":"t","id":"a","source":"s",)"
                       R"("time":"2026","datacontenttype":"application/json","extension":{"x":1}})"),
            "a|s|t|2026|application/json|" + fields);
  EXPECT_EQ(read_event(R"({"id":"a","time":null,"data_base64":"aGVsbG8="})"),
            "a|-|-|-|-|bytes hello");
}

TEST_F(CloudEvents, PointAtFaultsOfTheirData) {
  EXPECT_EQ(read_event(R"({"data":{"name":"a b","extra":1}})"),
            "-|-|-|-|-|/data/extra: is not a member of this object\n"
            "/data/name: must be 1..128 bytes without white space, control characters or '/'\n"
            "/data/stock: is missing\n");
  EXPECT_EQ(read_event(R"({"data":"{}"})"), "-|-|-|-|-|/data: must be a JSON object\n");
  EXPECT_EQ(read_event(R"({"data":null})"), "-|-|-|-|-|/data: must be a JSON object\n");
}

TEST_F(CloudEvents, ThatAreMalformedAreRefused) {
  EXPECT_EQ(read_event("[]"), ": must be a JSON object\n");
  EXPECT_EQ(read_event("{"), ": must be JSON\n");
  EXPECT_EQ(read_event(R"({"id":"a","id":"b"})"), "/id: is given twice\n");
  EXPECT_EQ(read_event(R"({"id":7,"source":{}})"),
            "/id: must be a string\n/source: must be a string\n");
  EXPECT_EQ(read_event(R"({"data":{},"data_base64":""})"),
            "/data_base64: must not be given beside other data\n");
  for (const char* wrong : {"\"a\"", "\"aGVsbG8\"", "\"aGVsbG9=\"", "\"aGVs bG8\"", "\"====\"",
                            "\"_w==\"", "7", "null"})
    EXPECT_EQ(read_event(R"({"data_base64":)" + std::string(wrong) + "}"),
              "/data_base64: must be a string of base64 (RFC 4648, section 4)\n")
        << wrong;
}

TEST(MediaTypes, AreComparedWithoutCaseAndParameters) {
  EXPECT_TRUE(is_media_type("application/json", "application/json"));
  EXPECT_TRUE(is_media_type(" Application/JSON ; charset=utf-8", "application/json"));
  EXPECT_FALSE(is_media_type("application/jsonl", "application/json"));
  EXPECT_FALSE(is_media_type("", "application/json"));
  EXPECT_FALSE(is_media_type({}, "application/json"));
}

}  // namespace
}  // namespace spate::test
