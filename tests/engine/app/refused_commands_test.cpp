// Refused commands: found in any log, shown as they came.
#include "engine/app/refused_commands.hpp"

#include <gtest/gtest.h>

#include "engine/api/envelope.hpp"
#include "engine/log/chain.hpp"
#include "engine/log/command_door.hpp"
#include "engine/log/memory_log.hpp"

namespace spate {
namespace {

class RefusedInALog : public testing::Test {
 protected:
  void append(PartitionId id, envelope::Kind kind, const std::string& command,
              const std::string& reason) {
    const Ownership owner = *log_.acquire(id);
    const uint64_t number = owner.tail.sequence.value + 1;
    flatbuffers::FlatBufferBuilder builder;
    builder.ForceVectorAlignment(command.size(), 1, 8);
    const auto kept =
        builder.CreateVector(reinterpret_cast<const uint8_t*>(command.data()), command.size());
    const auto stream = builder.CreateString("o-1");
    const auto why = builder.CreateString(reason);
    const envelope::Id command_id(id.packed(), number);
    envelope::OutcomeBuilder outcome(builder);
    outcome.add_kind(kind);
    outcome.add_sequence(number);
    outcome.add_cause(owner.tail.cause.value + 1);
    outcome.add_epoch(owner.epoch.value);
    outcome.add_time(++time_);
    outcome.add_chain(owner.tail.chain);
    outcome.add_id(&command_id);
    outcome.add_stream(stream);
    outcome.add_command(kept);
    outcome.add_reason(why);
    builder.Finish(outcome.Finish());
    auto batch = std::make_shared<RecordBatch>(id, LogSide::outcomes);
    batch->add(number, {time_}, {builder.GetBufferPointer(), builder.GetSize()});
    ASSERT_EQ(log_.append_outcomes(id, owner.epoch, {number}, batch), Taken::yes);
    log_.make_durable(id);
  }
  void refuse(PartitionId id, const std::string& value, const std::string& reason,
              std::size_t bytes_max = 1 << 20) {
    const KafkaHeader headers[] = {{"ce_id", as_bytes("w-1")}};
    ByteBuffer command;
    raw_command(id, {41, 5, as_bytes("key"), as_bytes(value), headers}, reason, bytes_max, command);
    append(id, envelope::Kind::refused, std::string(as_text(command)), reason);
  }
  std::vector<RefusedCommand> find(const RefusedQuery& query = {}) {
    auto found = find_refused(log_, *catalog_, query);
    EXPECT_TRUE(found) << found.error().detail;
    return std::move(*found);
  }
  std::string reasons(const RefusedQuery& query = {}) {
    std::string text;
    for (const RefusedCommand& refused : find(query)) text += refused.reason + " ";
    return text;
  }

  const std::unique_ptr<Catalog> catalog_{std::move(*Catalog::load(domains()))};
  MemoryLog log_{Topology({{"coupons", 1, 2}, {"orders", 2, 2}})};
  int64_t time_ = 0;
};

TEST_F(RefusedInALog, AreShownAsTheyCame) {
  refuse({2, 1}, "gar\0bage", "no event");
  const RefusedCommand found = find().at(0);
  EXPECT_EQ(found.domain, "orders");
  EXPECT_EQ(found.partition, (PartitionId{2, 1}));
  EXPECT_EQ(found.sequence, 1u);
  EXPECT_EQ(found.stream, "o-1");
  EXPECT_EQ(found.offset, 41);
  EXPECT_EQ(found.key, "key");
  EXPECT_EQ(found.value, "gar\0bage");
  EXPECT_EQ(found.headers, (std::vector<std::pair<std::string, std::string>>{{"ce_id", "w-1"}}));
  EXPECT_TRUE(found.is_whole);
}

TEST_F(RefusedInALog, SayWhenOnlyTheBeginningIsKept) {
  refuse({2, 1}, std::string(10'000, 'x'), "too large", 2'000);
  EXPECT_FALSE(find().at(0).is_whole);
}

TEST_F(RefusedInALog, AreTheNewestOfAllPartitionsInTheOrderOfTime) {
  refuse({2, 1}, "v", "first");
  refuse({1, 0}, "v", "second");
  append({2, 1}, envelope::Kind::accepted, "", "accepted");
  refuse({2, 0}, "v", "third");
  refuse({2, 1}, "v", "fourth");
  EXPECT_EQ(reasons(), "first second third fourth ");
  EXPECT_EQ(reasons({.limit = 2}), "third fourth ");
  EXPECT_EQ(reasons({.domain = "coupons"}), "second ");
}

TEST_F(RefusedInALog, AreFoundByTheirId) {
  refuse({2, 1}, "v", "first");
  refuse({2, 1}, "v", "second");
  const CommandId id{PartitionId{2, 1}.packed(), 2};
  EXPECT_EQ(reasons({.id = id}), "second ");
}

TEST_F(RefusedInALog, NameTheNearestDomain) {
  const auto found = find_refused(log_, *catalog_, {.domain = "order"});
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, "unknown_domain");
  EXPECT_NE(found.error().detail.find("orders"), std::string::npos);
}

}  // namespace
}  // namespace spate
