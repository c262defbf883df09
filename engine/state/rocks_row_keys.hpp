// Keys of the database of rows:
//   row        := partition:u32be row_key          (row_key.hpp; its first byte is never 0)
//   checkpoint := partition:u32be 0x00             (its value: checkpoint_record.cpp)
//   digest     := partition:u32be 0x00 'd'         (the same)
#pragma once
#include <string>

#include "engine/base/ids.hpp"

namespace spate {

struct RowStoreKeys {
  static constexpr std::size_t prefix_bytes = 4;

  explicit RowStoreKeys(PartitionId id) {
    const uint32_t packed = id.packed();
    for (const int shift : {24, 16, 8, 0}) prefix += static_cast<char>(packed >> shift);
    checkpoint = prefix + '\0';
    digest = checkpoint + 'd';
    first_row = prefix + '\1';
    end = prefix;
    while (!end.empty() && static_cast<uint8_t>(end.back()) == 0xff) end.pop_back();
    if (!end.empty()) ++end.back();
  }

  std::string prefix, checkpoint, digest;
  std::string first_row;  ///< no row comes before it
  std::string end;        ///< the first key behind this partition's; empty: there is none
};

}  // namespace spate
