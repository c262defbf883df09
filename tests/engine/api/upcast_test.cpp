// Upcasting: step by step to the newest version, and what is said of a step that fails (I4).
#include "engine/api/upcast.hpp"

#include <gtest/gtest.h>

#include "engine/api/event_versions.hpp"
#include "tests/support/old_events.hpp"

namespace spate::test {
namespace {

std::string amount_of(Bytes payload) {
  const auto* table = flatbuffers::GetRoot<flatbuffers::Table>(payload.data());
  return table->GetPointer<const flatbuffers::String*>(4)->str();
}

TEST(Upcast, LeavesTheNewestVersionWhereItLies) {
  Upcaster upcaster(meter_upcasts);
  const std::string payload = counted(7);
  for (const uint16_t type : {uint16_t{3}, uint16_t{4}, uint16_t{900}}) {
    const NewestEvent now = upcaster.newest(type, as_bytes(payload));
    EXPECT_EQ(now.type, type);
    EXPECT_EQ(now.payload.data(), as_bytes(payload).data());
    EXPECT_EQ(now.fault, nullptr);
  }
}

TEST(Upcast, GoesFromVersionToVersion) {
  Upcaster upcaster(meter_upcasts);
  const std::string first = counted(7), second = counted(9000);
  const NewestEvent one = upcaster.newest(1, as_bytes(first));
  const NewestEvent two = upcaster.newest(2, as_bytes(second));
  EXPECT_EQ(one.type, 3);
  EXPECT_EQ(two.type, 3);
  EXPECT_EQ(amount_of(one.payload), "7 units") << "it lives until the upcaster is cleared";
  EXPECT_EQ(amount_of(two.payload), "9 units");
  EXPECT_EQ(first, counted(7)) << "what was written stays as it is";
}

TEST(Upcast, NamesEventVersionsAndReasonOfWhatFails) {
  Upcaster upcaster(meter_upcasts);
  const std::pair<uint64_t, const char*> cases[] = {
      {breaks_an_ensure, "failed: units != breaks_an_ensure ("},
      {throws, "failed: no such number"},
      {returns_garbage, "failed: what it returns is no whole event"}};
  for (const auto& [number, why] : cases) {
    const std::string payload = counted(number);
    const NewestEvent now = upcaster.newest(1, as_bytes(payload));
    ASSERT_NE(now.fault, nullptr);
    EXPECT_EQ(now.type, 1);
    EXPECT_EQ(now.payload.data(), as_bytes(payload).data());
    EXPECT_EQ(now.fault->find("an event Counted (type 1): its upcaster from CountedV2 to CountedV3"),
              0u)
        << *now.fault;
    EXPECT_NE(now.fault->find(why), std::string::npos) << *now.fault;
  }
}

TEST(EventVersions, AreReadFromNames) {
  const auto text = [](std::string_view name) {
    const VersionedName v = versioned(name);
    return std::string(v.base) + " " + std::to_string(v.version);
  };
  EXPECT_EQ(text("Added"), "Added 1");
  EXPECT_EQ(text("AddedV2"), "Added 2");
  EXPECT_EQ(text("AddedV120"), "Added 120");
  for (const char* none : {"V2", "Added2", "AddedV", "IV"}) EXPECT_EQ(text(none).back(), '1');
  EXPECT_EQ(text("IV")[0], 'I');
  for (const char* wrong : {"AddedV0", "AddedV1", "AddedV02"}) EXPECT_EQ(text(wrong), "Added 0");
  EXPECT_TRUE(is_next_version("Added", "AddedV2"));
  EXPECT_TRUE(is_next_version("AddedV2", "AddedV3"));
  for (const char* other : {"Added", "AddedV3", "TakenV2"})
    EXPECT_FALSE(is_next_version("Added", other)) << other;
  EXPECT_TRUE(is_newer_version("Added", "AddedV3"));
  EXPECT_FALSE(is_newer_version("AddedV3", "Added"));
  EXPECT_EQ(next_version_of("AddedV9"), "AddedV10");
}

}  // namespace
}  // namespace spate::test
