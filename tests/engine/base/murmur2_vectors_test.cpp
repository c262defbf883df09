// Partitions: where a key goes here is where Kafka's Java clients send it, for 1000 of 1000 keys.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "engine/base/topology.hpp"

namespace spate {
namespace {

constexpr const char* vectors_path = "tests/kafka/murmur2_vectors.txt";

std::string from_hex_text(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

TEST(Murmur2, SendsEveryKeyWhereJavaSendsIt) {
  std::ifstream file(vectors_path);
  ASSERT_TRUE(file) << vectors_path;
  int seen = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream fields(line);
    std::string hex;
    int32_t hash = 0;
    fields >> hex >> hash;
    const std::string key = from_hex_text(hex);
    EXPECT_EQ(static_cast<int32_t>(murmur2(key)), hash) << hex;
    for (const uint16_t count : {uint16_t{8}, uint16_t{64}, uint16_t{1024}}) {
      uint16_t partition = count;
      fields >> partition;
      const DomainPlace domain{"orders", 3, count};
      EXPECT_EQ(Topology::partition_for(domain, key), (PartitionId{3, partition}))
          << hex << " of " << count;
    }
    EXPECT_TRUE(fields) << line;
    ++seen;
  }
  EXPECT_EQ(seen, 1000);
}

}  // namespace
}  // namespace spate
