// GroupPlaces: against a walk over all records.
#include "engine/log/group_places.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "engine/log/segment_format.hpp"
#include "tests/support/log_records.hpp"

namespace spate {
namespace {

using Places = std::map<std::pair<LogSide, uint32_t>, std::vector<uint32_t>>;

/// Records of random partitions, some of which the topology does not know.
ByteBuffer random_body(std::mt19937_64& random, std::size_t records) {
  ByteBuffer body;
  std::map<std::pair<uint64_t, LogSide>, uint64_t> numbers;
  for (std::size_t n = 0; n < records; ++n) {
    const PartitionId id{static_cast<uint16_t>(1 + random() % 3),
                         static_cast<uint16_t>(random() % 5)};
    const auto side = random() % 2 == 0 ? LogSide::commands : LogSide::outcomes;
    RecordBatch one(id, side);
    const std::string text(random() % 40, 'x');
    one.add(++numbers[{uint64_t{id.domain} << 16 | id.index, side}], {1}, as_bytes(text));
    body.append(one.bytes());
  }
  return body;
}

void expect_all_found(Bytes body, const Topology& topology) {
  Places expected;
  ASSERT_TRUE(each_record(body, [&](const RecordView& record, std::size_t at) {
    const PartitionId id{record.head.domain, record.head.index};
    if (topology.contains(id))
      expected[{record.head.side, topology.dense_index(id)}].push_back(static_cast<uint32_t>(at));
  }));
  const GroupPlaces places(body, topology);
  for (const LogSide side : {LogSide::commands, LogSide::outcomes}) {
    for (uint32_t dense = 0; dense < topology.partitions().size(); ++dense) {
      const auto found = places.of(side, dense);
      const auto wanted = expected[{side, dense}];
      EXPECT_EQ(std::vector<uint32_t>(found.begin(), found.end()), wanted);
    }
  }
}

TEST(GroupPlaces, FindsEachPartitionsRecordsInTheirOrder) {
  std::mt19937_64 random(5);
  const Topology large = log_topology({{"redemptions", 4}, {"orders", 3}}),
                 small = log_topology({{"redemptions", 1}});
  for (const std::size_t records : {0u, 1u, 7u, 300u}) {
    const ByteBuffer body = random_body(random, records);
    expect_all_found(body, large);
    expect_all_found(body, small);  // the scratch memory of one use is clean in the next
  }
  EXPECT_TRUE(GroupPlaces().of(LogSide::outcomes, 0).empty());
}

TEST(GroupPlaces, LeavesOutWhatIsCutOff) {
  std::mt19937_64 random(6);
  const Topology topology = log_topology({{"redemptions", 5}});
  const ByteBuffer body = random_body(random, 50);
  const GroupPlaces whole(body, topology), cut(Bytes(body).first(body.size() - 1), topology);
  std::size_t of_whole = 0, of_cut = 0;
  for (const LogSide side : {LogSide::commands, LogSide::outcomes}) {
    for (uint32_t dense = 0; dense < 5; ++dense) {
      of_whole += whole.of(side, dense).size();
      of_cut += cut.of(side, dense).size();
    }
  }
  EXPECT_LE(of_cut, of_whole);
  EXPECT_GE(of_cut + 1, of_whole);
}

}  // namespace
}  // namespace spate
