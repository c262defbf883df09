// Counting: small commands are read, and answers written, without allocating in steady state.
#include "engine/codec/outcome_json.hpp"
#include "tests/engine/codec/toys.hpp"

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they bring their own
#include "tests/support/counted_allocations.hpp"

namespace spate::test {
namespace {

class Allocations : public Toys {};

TEST_F(Allocations, AreNoneWhenASmallCommandIsRead) {
  const std::string body =
      R"({"name":"customer-4711","stock":1,"at":"2026-11-29T18:00:00+01:00","colour":"red",)"
      R"("discount":{"amount_minor":5,"currency":"EUR"},"parts":[{"sku":"x"},{"sku":"y"}],)"
      R"("tags":["a","b"],"numbers":[1,2],"answer":["x","y"]})";
  FieldFaults faults;
  const CommandPlan& make = command("make");
  EXPECT_EQ(allocations_during([&] { ASSERT_TRUE(reader_.read(plan(), make, body, faults)); }), 0);
}

TEST_F(Allocations, AreNoneWhenALineOfABatchIsRead) {
  const std::string line =
      R"({"domain":"toys","stream":"a-stream-of-some-length","command":"make","id":"k-1234567890-1234567890",)"
      R"("body":{"name":"customer-4711","stock":1}})";
  FieldFaults faults;
  const CommandPlan& make = command("make");
  EXPECT_EQ(allocations_during([&] {
              BatchLine parts;
              ASSERT_TRUE(reader_.read_line(line, parts, faults));
              ASSERT_TRUE(reader_.read_body(plan(), make, faults));
            }),
            0);
}

TEST_F(Allocations, AreNoneWhenAnAnswerIsWritten) {
  flatbuffers::FlatBufferBuilder builder;
  const auto name = builder.CreateString("sold");
  const auto start = builder.StartTable();
  builder.AddOffset(4, name);
  const flatbuffers::Offset<void> made(builder.EndTable(start));
  builder.Finish(made);
  const std::string payload(reinterpret_cast<const char*>(builder.GetBufferPointer()),
                            builder.GetSize());
  const auto make_outcome = [&](flatbuffers::FlatBufferBuilder& b, envelope::Kind kind) {
    b.ForceVectorAlignment(payload.size(), 1, 8);
    const auto event = envelope::CreateEvent(
        b, 1, 0, b.CreateVector(reinterpret_cast<const uint8_t*>(payload.data()), payload.size()));
    const auto events = b.CreateVector(&event, 1);
    envelope::OutcomeBuilder outcome(b);
    outcome.add_kind(kind);
    outcome.add_rejection(1);
    outcome.add_events(events);
    outcome.add_time(1'764'439'200'500'000'000);
    b.Finish(outcome.Finish());
  };
  flatbuffers::FlatBufferBuilder accepted_builder, rejected_builder;
  make_outcome(accepted_builder, envelope::Kind::accepted);
  make_outcome(rejected_builder, envelope::Kind::rejected);
  std::string body;
  body.reserve(4096);
  for (auto* b : {&accepted_builder, &rejected_builder}) {
    const auto& outcome = *flatbuffers::GetRoot<envelope::Outcome>(b->GetBufferPointer());
    EXPECT_EQ(allocations_during([&] {
                body.clear();
                write_answer(plan(), outcome, "AQ-a-position-of-the-usual-length", body);
              }),
              0);
  }
}

}  // namespace
}  // namespace spate::test
#endif
