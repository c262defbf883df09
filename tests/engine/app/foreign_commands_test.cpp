// What other systems send: understood by the rules of HTTP bodies, or kept raw with the reason.
#include "tests/engine/app/foreign_kit.hpp"

namespace spate::test {
namespace {

TEST_F(Foreign, BinaryEventsBecomeTheCommandThatHttpWouldMake) {
  const envelope::Command& command = accept(binary_event().set("traceparent", trace));
  ASSERT_EQ(told_of(command), "redeem");
  EXPECT_EQ(id_of(command.id()),
            command_id("/shop/web", "redemptions", "spring-sale", "wish-1"));
  EXPECT_EQ(text_of(command.stream()), "spring-sale");
  EXPECT_EQ(text_of(command.sender()), "/shop/web");
  EXPECT_EQ(text_of(command.sender_key()), "wish-1");
  EXPECT_EQ(text_of(command.traceparent()), trace);
  EXPECT_EQ(command.received_at(), 1'764'000'000'123'000'000);
  const CommandReader::Parsed body = parsed();
  EXPECT_EQ(command.fingerprint(), body.fingerprint);
  EXPECT_EQ(as_text(bytes_of(command.payload())), as_text(body.payload));
}

TEST_F(Foreign, AllFormsOfOneWishAreOneCommandByteForByte) {
  ASSERT_EQ(told(binary_event()), "redeem");
  const std::string binary = bytes_of_accepted();
  const std::string flat(as_text(parsed().payload));
  Sent flat_event = binary_event().set("content-type", "application/x-flatbuffers");
  flat_event.value = flat;
  const Sent others[] = {
      binary_event().set("ce_type", "spate.redemptions.redeem"),
      binary_event().set("content-type", "Application/JSON; charset=utf-8").drop("ce_time"),
      binary_event().set("ce_other", "x").set("x", "\xff"),
      binary_event().set("ce_ix", "x").set("ce_tyme", "x").set("ce_timd", "x").set("ce_sourcf", "x")
          .set("content-typo", "x").set("ce_specversiom", "x").set("ce_traceparens", "x"),
      structured_event(),
      structured_event(R"("datacontenttype":"application/json","data":)" +
                       std::string(redeem_body)),
      structured_event(R"("data_base64":")" + base64(redeem_body) + '"'),
      structured_event(R"("datacontenttype":"application/x-flatbuffers","data_base64":")" +
                       base64(flat) + '"'),
      flat_event,
  };
  for (const Sent& sent : others) {
    EXPECT_EQ(told(sent), "redeem");
    EXPECT_EQ(bytes_of_accepted(), binary);
  }
}

TEST_F(Foreign, CommandsWithoutFieldsNeedNoData) {
  Sent close = binary_event().set("ce_type", "redemptions.close");
  for (const std::optional<std::string>& value :
       {std::optional<std::string>("{}"), std::optional<std::string>(""),
        std::optional<std::string>()}) {
    close.value = value;
    EXPECT_EQ(told(close), "close");
  }
  EXPECT_EQ(told(close.drop("content-type")), "close");
  Sent structured;
  structured.set("content-type", "application/cloudevents+json").value =
      R"({"specversion":"1.0","id":"a","source":"s","type":"redemptions.close"})";
  EXPECT_EQ(told(structured), "close");
}

TEST_F(Foreign, TracesAreKeptWhenTheyAreOnes) {
  EXPECT_EQ(text_of(accept(binary_event().set("ce_traceparent", trace)).traceparent()), trace);
  EXPECT_EQ(accept(binary_event().set("traceparent", "00-nonsense")).traceparent(), nullptr);
  Sent twice = binary_event().set("traceparent", trace);
  twice.headers.emplace_back("traceparent", std::string(trace));
  EXPECT_EQ(told(twice), "redeem");
  EXPECT_EQ(accept(twice).traceparent(), nullptr);
}

TEST_F(Foreign, RecordsThatAreNoCommandsAreKeptWithTheReason) {
  const auto with = [](std::string_view name, std::string_view text) {
    return binary_event().set(name, text);
  };
  const auto without = [](std::string_view name) { return binary_event().drop(name); };
  const auto keyed = [](std::optional<std::string> key) {
    Sent sent = binary_event();
    sent.key = std::move(key);
    return sent;
  };
  const auto valued = [](Sent sent, std::optional<std::string> value) {
    sent.value = std::move(value);
    return sent;
  };
  const auto twice = [](std::string_view name) {
    Sent sent = binary_event();
    sent.headers.emplace_back(name, "application/json");
    return sent;
  };
  const std::string key_rule =
      "must be 1 to 255 visible ASCII characters without quote, comma, semicolon or backslash";
  const std::string types =
      "application/json, application/cloudevents+json or application/x-flatbuffers";
  const std::pair<Sent, std::string> cases[] = {
      {keyed(std::nullopt), "key is missing: it must be the stream"},
      {keyed(""), "key is missing: it must be the stream"},
      {keyed("a b"), "key must be 1..128 bytes without white space, control characters or '/'"},
      {keyed("commands"), "key 'commands' is no name for a stream"},
      {without("content-type"), "content-type is missing: it must be " + types},
      {with("content-type", "text/plain"), "content-type must be " + types},
      {twice("content-type"), "content-type is given twice"},
      {twice("ce_source"), "ce_source is given twice"},
      {without("ce_id"), "ce_id is missing"},
      {with("ce_id", "\"quoted\""), "ce_id " + key_rule},
      {with("ce_id", std::string(256, 'x')), "ce_id " + key_rule},
      {with("ce_id", ""), "ce_id " + key_rule},
      {without("ce_source"), "ce_source is missing"},
      {with("ce_source", ""), "ce_source must be 1..1000 bytes of UTF-8"},
      {with("ce_source", "\xff"), "ce_source must be 1..1000 bytes of UTF-8"},
      {with("ce_specversion", "0.3"), "ce_specversion must be 1.0"},
      {with("ce_time", "yesterday"), "ce_time must be a time as in RFC 3339"},
      {without("ce_type"), "ce_type is missing"},
      {with("ce_type", "redeem"), "ce_type must begin with 'redemptions.' on this topic"},
      {with("ce_type", "orders.pay"), "ce_type must begin with 'redemptions.' on this topic"},
      {with("ce_type", "redemptions."), "ce_type is no command of redemptions"},
      {with("ce_type", "redemptions.redeeem"),
       "ce_type is no command of redemptions; did you mean 'redeem'?"},
      {valued(binary_event(), std::nullopt), "/claimant is missing"},
      {valued(binary_event(), "{"), "body must be JSON"},
      {valued(binary_event(), "[]"), "body must be a JSON object"},
      {valued(binary_event(), R"({"claimant":"a b","quantity":0,"more":1})"),
       "/more is not a member of this object; /claimant must be 1..128 bytes without white "
       "space, control characters or '/'; /quantity must be 1..1000000"},
      {valued(with("content-type", "application/x-flatbuffers"), "garbage"),
       "body must be a sound FlatBuffer"},
      {valued(structured_event(), std::nullopt), "event is missing: there is no value"},
      {valued(structured_event(), "garbage"), "event must be JSON"},
      {valued(structured_event(), "{}"),
       "/specversion is missing; /id is missing; /source is missing; /type is missing"},
      {structured_event(R"("data":{"claimant":7})"),
       "/data/claimant must be 1..128 bytes without white space, control characters or '/', as a "
       "JSON string"},
      {structured_event(R"("data_base64":"e30=")"), "/claimant is missing"},
      {structured_event(R"("datacontenttype":"text/xml","data":{})"),
       "/datacontenttype must be application/json where data are JSON"},
      {structured_event(R"("datacontenttype":"text/xml","data_base64":"e30=")"),
       "/datacontenttype must be application/json or application/x-flatbuffers"},
  };
  for (const auto& [sent, reason] : cases) {
    EXPECT_EQ(told(sent), reason);
    EXPECT_EQ(text_of(command_of(accepted_).stream()),
              is_ident(sent.key.value_or("")) ? *sent.key : "-");
  }
}

TEST_F(Foreign, AKeyOnAnotherPartitionThanItsHomeIsRefused) {
  const PartitionId right = home("spring-sale");
  const PartitionId wrong{right.domain, static_cast<uint16_t>((right.index + 1) % partitions)};
  const std::string reason = "wrong partition: this key belongs to partition " +
                             std::to_string(right.index) + " of 8, by murmur2";
  EXPECT_EQ(told_of(accept_at(wrong, binary_event())), reason);
  EXPECT_EQ(told_of(accept_at(wrong, structured_event())), reason);
  EXPECT_EQ(told_of(accept_at(wrong, envelope_record(envelope_of()))), reason);
}

TEST_F(Foreign, RawRecordsKeepAllThatCame) {
  Sent sent = binary_event().set("x", std::string("\0\xff", 2));
  sent.value = std::string("\0\xff{", 3);
  const envelope::Command& command = accept(sent);
  const envelope::RawRecord* raw = raw_record_of(command);
  ASSERT_NE(raw, nullptr);
  EXPECT_EQ(raw->offset(), 42);
  EXPECT_EQ(raw->timestamp_ms(), 1'764'000'000'123);
  EXPECT_EQ(as_text(bytes_of(raw->key())), *sent.key);
  EXPECT_EQ(as_text(bytes_of(raw->value())), *sent.value);
  EXPECT_EQ(raw->value_bytes(), 3u);
  ASSERT_EQ(raw->headers()->size(), sent.headers.size());
  EXPECT_EQ(as_text(bytes_of(raw->headers()->Get(0)->name())), "ce_specversion");
  EXPECT_FALSE(raw->tombstone());
  sent.value.reset();
  EXPECT_TRUE(raw_record_of(accept(sent))->tombstone());
}

TEST_F(Foreign, RecordsBeyondTheLimitKeepTheirBeginningAndTheirLength) {
  make_door({4096, 4096});
  Sent sent = binary_event();
  sent.value = std::string(100'000, 'v');
  EXPECT_EQ(told(sent), "value may have 4096 bytes, this one has 100000");
  const envelope::RawRecord* raw = raw_record_of(command_of(accepted_));
  EXPECT_EQ(raw->value_bytes(), 100'000u);
  EXPECT_EQ(bytes_of(raw->key()).size(), 11u);
  EXPECT_EQ(raw->headers()->size(), sent.headers.size());
  EXPECT_GT(bytes_of(raw->value()).size(), 500u);
  EXPECT_LE(accepted_.size(), 2072u);  // room for the outcome around it
  for (int i = 0; i < 3000; ++i) sent.headers.emplace_back("h", std::string(100, 'h'));
  sent.key = std::string(50'000, 'k');
  accept(sent);
  raw = raw_record_of(command_of(accepted_));
  EXPECT_EQ(raw->key_bytes(), 50'000u);
  EXPECT_EQ(raw->headers_count(), 3006u);
  EXPECT_LE(accepted_.size(), 2072u);
}

TEST_F(Foreign, CommandsThatAreLargerThanTheirRecordAreRefused) {
  make_door({1000, 1000});
  Sent sent = binary_event().set("ce_source", std::string(1000, 's'));
  EXPECT_TRUE(told(sent).starts_with("command may have 1000 bytes, this one has ")) << told(sent);
}

}  // namespace
}  // namespace spate::test
