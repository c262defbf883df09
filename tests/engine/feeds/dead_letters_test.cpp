// Dead letters: raw as they came, with where and why.
#include "engine/feeds/dead_letters.hpp"

#include "engine/log/command_door.hpp"
#include "tests/engine/feeds/feeds_kit.hpp"

namespace spate::test {
namespace {

class RefusedCommands : public Feeding {
 protected:
  /// The command that the door makes of a record that it does not understand.
  std::string raw(const KafkaRecord& record, std::size_t bytes_max = 1 << 20) {
    ByteBuffer command;
    raw_command(id, record, "value is no event", bytes_max, command);
    return std::string(as_text(command));
  }
  Result<void> try_render(const Fields& fields) {
    append(fields);
    made.clear();
    const auto batch = log.read(LogSide::outcomes, id, owner.tail.sequence.value, 1);
    for (const RecordView record : **batch)
      if (record.head.number == owner.tail.sequence.value)
        return letters.render(place, record, made);
    return stop("no_record", "");
  }
  const FeedRecord& render(const Fields& fields) {
    const auto rendered = try_render(fields);
    EXPECT_TRUE(rendered) << rendered.error().detail;
    EXPECT_EQ(made.size(), 1u);
    if (made.empty()) made.emplace_back();
    return made.front();
  }
  static std::string header(const FeedRecord& letter, std::string_view name) {
    std::string found = "(none)";
    for (const auto& [known, value] : letter.headers)
      if (known == name) found = value;  // the last counts
    return found;
  }

  std::optional<KafkaRecord> in_topic;
  std::optional<Fault> unreadable;
  DeadLetters letters{{{"orders", 2, 2}},
                      [this](PartitionId, int64_t, const auto& take) -> Result<void> {
                        if (unreadable) return pass_on(Fault(*unreadable));
                        take(*in_topic);
                        return {};
                      }};
  std::vector<FeedRecord> made;
};

TEST_F(RefusedCommands, KeepKeyValueAndHeadersAndSayWhereAndWhy) {
  const KafkaHeader headers[] = {{"ce_id", as_bytes("w-1")}, {"ce_id", as_bytes("\xff")}};
  const FeedRecord& letter =
      render({.kind = envelope::Kind::refused,
              .command = raw({41, 5, as_bytes("k\xfe"), as_bytes("gar\0bage"), headers}),
              .reason = "value is no event"});
  EXPECT_EQ(letter.topic, 2u);
  EXPECT_EQ(letter.partition, 1);
  EXPECT_EQ(*letter.key, "k\xfe");
  EXPECT_EQ(*letter.value, "gar\0bage");
  ASSERT_GE(letter.headers.size(), 2u);
  EXPECT_EQ(letter.headers[0], (std::pair<std::string, std::string>("ce_id", "w-1")));
  EXPECT_EQ(letter.headers[1], (std::pair<std::string, std::string>("ce_id", "\xff")));
  EXPECT_EQ(header(letter, "__connect.errors.topic"), "spate.orders.commands.v1");
  EXPECT_EQ(header(letter, "__connect.errors.partition"), "1");
  EXPECT_EQ(header(letter, "__connect.errors.offset"), "41");
  EXPECT_EQ(header(letter, "__connect.errors.exception.class.name"), "spate.Refused");
  EXPECT_EQ(header(letter, "__connect.errors.exception.message"), "value is no event");
  EXPECT_EQ(header(letter, "__connect.errors.stage"), "VALUE_CONVERTER");
  EXPECT_EQ(header(letter, "spate-position"), feed_position(place, {1}));
  EXPECT_EQ(header(letter, "spate-command-id"), "00000000000000070000000000000001");
  EXPECT_EQ(header(letter, "spate-truncated"), "(none)");
}

TEST_F(RefusedCommands, TellATombstoneFromAnEmptyValueAndNoKeyFromOne) {
  const FeedRecord none =
      render({.kind = envelope::Kind::refused, .command = raw({1, 5, {}, {}, {}})});
  EXPECT_FALSE(none.key);
  EXPECT_FALSE(none.value);
  const FeedRecord empty =
      render({.kind = envelope::Kind::refused, .command = raw({1, 5, {}, as_bytes(""), {}})});
  EXPECT_EQ(empty.value, "");
}

TEST_F(RefusedCommands, SayWhenTheLogKeptOnlyTheBeginning) {
  const std::string large(100'000, 'x');
  const FeedRecord& letter = render({.kind = envelope::Kind::refused,
                                     .command = raw({1, 5, as_bytes("k"), as_bytes(large), {}},
                                                    4'000)});
  EXPECT_LT(letter.value->size(), 4'000u);
  EXPECT_EQ(header(letter, "spate-truncated"), "of key 1 bytes, value 100000 bytes, headers 0");
}

TEST_F(RefusedCommands, HoldAnEnvelopeThatWasDiscardedByAnOperator) {
  flatbuffers::FlatBufferBuilder builder;
  CommandFields fields;
  fields.stream = "o-1";
  const std::string envelope(as_text(build_command(builder, fields)));
  const FeedRecord& letter = render({.kind = envelope::Kind::refused,
                                     .command = envelope,
                                     .reason = "discarded by an operator",
                                     .origin = 8});
  EXPECT_EQ(*letter.key, "o-1");
  EXPECT_EQ(*letter.value, envelope);
  EXPECT_EQ(header(letter, "content-type"), command_content_type);
  EXPECT_EQ(header(letter, "__connect.errors.offset"), "7");
}

TEST_F(RefusedCommands, HoldACommandOfOthersWhoseKeyWasUsedBefore) {
  const KafkaHeader headers[] = {{"content-type", as_bytes("application/json")}};
  in_topic = KafkaRecord{0, 5, as_bytes("o-1"), as_bytes("{}"), headers};
  const FeedRecord& letter = render({.kind = envelope::Kind::key_reused});
  EXPECT_EQ(*letter.value, "{}");
  EXPECT_EQ(header(letter, "content-type"), "application/json");
  EXPECT_EQ(header(letter, "__connect.errors.exception.class.name"), "spate.KeyReused");
  EXPECT_EQ(header(letter, "__connect.errors.offset"), "0");
}

TEST_F(RefusedCommands, LeaveOutACommandWhoseSenderWasAnsweredByAnEdge) {
  const KafkaHeader headers[] = {{"content-type", as_bytes(command_content_type)}};
  in_topic = KafkaRecord{0, 5, as_bytes("o-1"), as_bytes("{}"), headers};
  EXPECT_TRUE(try_render({.kind = envelope::Kind::key_reused}));
  EXPECT_TRUE(made.empty());
  EXPECT_TRUE(try_render({.kind = envelope::Kind::accepted}));
  EXPECT_TRUE(try_render({.kind = envelope::Kind::rejected}));
  EXPECT_TRUE(made.empty());
}

TEST_F(RefusedCommands, WaitForATopicThatCannotBeReadAndSayWhenItForgot) {
  unreadable = Fault{"kafka_unreachable", FaultAction::retry, "no broker answers"};
  const auto waits = try_render({.kind = envelope::Kind::key_reused});
  ASSERT_FALSE(waits);
  EXPECT_EQ(waits.error().action, FaultAction::retry);
  unreadable = Fault{"kafka_gone", FaultAction::stop, "not there any more"};
  const FeedRecord& letter = render({.kind = envelope::Kind::key_reused});
  EXPECT_FALSE(letter.value);
  EXPECT_EQ(header(letter, "spate-truncated"), "the command topic does not keep it any more");
}

}  // namespace
}  // namespace spate::test
