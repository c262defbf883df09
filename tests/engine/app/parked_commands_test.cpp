// Parked commands: found in the log alone, and set going by a command that the next start decides.
#include "engine/app/parked_commands.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "engine/api/envelope.hpp"
#include "engine/app/stopped_log.hpp"
#include "tests/support/temporary_folder.hpp"

namespace spate {
namespace {

class ParkedCommands : public testing::Test {
 protected:
  ParkedCommands() : catalog_(std::move(*Catalog::load(domains()))) {
    std::filesystem::remove_all(data_);
    std::filesystem::create_directories(data_);
    storage_ = std::move(*PosixStorage::at(data_ + "/log"));
    SegmentLogOptions options;
    options.domains = {{"orders", 4}};
    options.limits.preparer.segment_bytes = 1 << 20;
    options.limits.preparer.disk_free_bytes_min = 0;
    log_ = std::move(*SegmentLog::open(*storage_, clock_, std::move(options)));
    id_ = Topology::partition_for(*log_->topology().find("orders"), "o-1");
  }
  ~ParkedCommands() override {
    log_.reset();
    std::filesystem::remove_all(data_);
  }

  /// One command and the outcome that parked it, as its partition's processor leaves them.
  void park(const std::string& stream) {
    const Ownership owner = *log_->acquire(id_);
    const Cause cause = owner.tail.command.next();
    CommandFields fields;
    fields.id = command_id("", "orders", stream, "k");
    fields.type = 1;
    fields.stream = stream;
    flatbuffers::FlatBufferBuilder builder;
    auto commands = std::make_shared<RecordBatch>(id_, LogSide::commands);
    commands->add(cause.value, clock_.wall(), build_command(builder, fields));
    commands->tickets.push_back(0);
    ASSERT_EQ(log_->append_commands(id_, commands), Taken::yes);
    append_outcome(owner, cause, stream, envelope::Kind::parked, 0);
  }
  void append_outcome(const Ownership& owner, Cause cause, const std::string& stream,
                      envelope::Kind kind, uint64_t origin) {
    flatbuffers::FlatBufferBuilder builder;
    const auto name = builder.CreateString(stream);
    const auto reason = builder.CreateString("evolve failed");
    envelope::OutcomeBuilder outcome(builder);
    outcome.add_kind(kind);
    outcome.add_sequence(owner.tail.sequence.value + 1);
    outcome.add_cause(cause.value);
    outcome.add_epoch(owner.epoch.value);
    outcome.add_time(clock_.wall().ns);
    outcome.add_chain(owner.tail.chain);
    outcome.add_stream(name);
    outcome.add_command_type(1);
    outcome.add_reason(reason);
    outcome.add_origin(origin);
    builder.Finish(outcome.Finish());
    auto batch = std::make_shared<RecordBatch>(id_, LogSide::outcomes);
    batch->add(owner.tail.sequence.value + 1, clock_.wall(),
               {builder.GetBufferPointer(), builder.GetSize()});
    ASSERT_EQ(log_->append_outcomes(id_, owner.epoch, owner.tail.sequence.next(), batch),
              Taken::yes);
    while (log_->poll(id_).sequence.value < owner.tail.sequence.value + 1) {
      ASSERT_TRUE(log_->prepare_step().has_value());
      ASSERT_TRUE(log_->write_step().has_value());
    }
  }

  const std::string data_ =
      scratch_path(testing::UnitTest::GetInstance()->current_test_info()->name());
  SystemClock clock_;
  std::unique_ptr<Catalog> catalog_;
  std::unique_ptr<PosixStorage> storage_;
  std::unique_ptr<SegmentLog> log_;
  PartitionId id_;
};

TEST_F(ParkedCommands, AreFoundUntilAnOutcomeSettlesThem) {
  park("o-1");
  auto found = find_parked(*log_, *catalog_);
  ASSERT_TRUE(found.has_value()) << found.error().detail;
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ(found->front().stream, "o-1");
  EXPECT_EQ(found->front().reason, "evolve failed");
  append_outcome(*log_->acquire(id_), {2}, "o-1", envelope::Kind::refused, found->front().cause);
  found = find_parked(*log_, *catalog_);
  ASSERT_TRUE(found.has_value());
  EXPECT_TRUE(found->empty());
}

TEST_F(ParkedCommands, AreSetGoingByACommandThatIsDurable) {
  park("o-1");
  const auto appended = append_control(*log_, *catalog_, "orders", "o-1",
                                       envelope::Control::redrive, clock_.wall());
  ASSERT_TRUE(appended.has_value()) << appended.error().detail;
  log_.reset();
  const auto again = StoppedLog::open(data_);
  ASSERT_TRUE(again.has_value()) << again.error().detail;
  EXPECT_TRUE((*again)->log().recovery().was_clean);
  const auto batch = (*again)->log().read(LogSide::commands, id_, 2, 1 << 20);
  ASSERT_TRUE(batch.has_value() && *batch != nullptr);
  for (const RecordView record : **batch) {
    if (record.head.number != 2) continue;
    EXPECT_EQ(command_of(record.body).control(), envelope::Control::redrive);
    EXPECT_EQ(text_of(command_of(record.body).stream()), "o-1");
  }
  EXPECT_EQ((*batch)->last(), 2u);
}

TEST_F(ParkedCommands, AreNotInventedForAStreamThatHasNone) {
  park("o-1");
  const auto appended = append_control(*log_, *catalog_, "orders", "o-2",
                                       envelope::Control::redrive, clock_.wall());
  ASSERT_FALSE(appended.has_value());
  EXPECT_EQ(appended.error().code, "nothing_parked");
  EXPECT_EQ(append_control(*log_, *catalog_, "nope", "o-1", envelope::Control::discard,
                           clock_.wall()).error().code,
            "unknown_domain");
}

}  // namespace
}  // namespace spate
