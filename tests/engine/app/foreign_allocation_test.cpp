// Counting: the usual commands of other systems pass the door without allocating in steady state.
#include <gtest/gtest.h>

#include "engine/app/foreign_commands.hpp"

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they bring their own
#include "tests/support/counted_allocations.hpp"

namespace spate {
namespace {

class ForeignAllocations : public testing::Test {
 protected:
  ForeignAllocations()
      : catalog_(std::move(*Catalog::load(domains()))),
        topology_({{"redemptions", 3, 8}}),
        door_(*catalog_, topology_, {}) {}
  PartitionId home() const { return Topology::partition_for(topology_.domains()[0], key); }
  KafkaRecord record(std::string_view value, std::span<const KafkaHeader> headers) const {
    return {1, 1'764'000'000'123, as_bytes(key), as_bytes(value), headers};
  }

  static constexpr std::string_view key = "spring-sale-of-the-year-2026";
  std::unique_ptr<Catalog> catalog_;
  Topology topology_;
  ForeignCommands door_;
  ByteBuffer command_;
};

TEST_F(ForeignAllocations, AreNoneForABinaryEventNorForAnEnvelope) {
  const KafkaHeader headers[] = {{"ce_specversion", as_bytes("1.0")},
                                 {"ce_id", as_bytes("3b241101-e2bb-4255-8caf-4136c566a962")},
                                 {"ce_source", as_bytes("/shop/web/of-some-length")},
                                 {"ce_type", as_bytes("spate.redemptions.redeem")},
                                 {"ce_time", as_bytes("2026-11-25T11:08:15.5Z")},
                                 {"content-type", as_bytes("application/json; charset=utf-8")}};
  const KafkaRecord event = record(R"({"claimant":"customer-4711-4711-4711"})", headers);
  EXPECT_EQ(allocations_during([&] {
              command_.clear();
              door_.accept(home(), event, command_);
              ASSERT_EQ(command_of(command_).codec(), envelope::Codec::flatbuffers);
            }),
            0);
  ByteBuffer envelope;
  envelope.append(command_);
  const KafkaHeader ours[] = {{"content-type", as_bytes(command_content_type)}};
  const KafkaRecord written = record(as_text(envelope), ours);
  EXPECT_EQ(allocations_during([&] {
              ASSERT_TRUE(door_.trusts(home(), written, command_of(envelope)));
            }),
            0);
}

}  // namespace
}  // namespace spate
#endif
