// The engine's fold of an outcome topic against that of the judge of tests/kafka, which shares no
// code with it: both must say the same of every record.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "engine/log/valid_outcomes.hpp"

namespace spate {
namespace {

constexpr const char* histories_path = "tests/kafka/outcome_histories.txt";

/// Another file of histories, made with another seed.
std::string path_of_histories() {
  const char* other = std::getenv("SPATE_OUTCOME_HISTORIES");
  return other != nullptr ? other : histories_path;
}

ByteBuffer from_hex_text(const std::string& hex) {
  ByteBuffer bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    const auto byte = static_cast<uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16));
    bytes.append({&byte, 1});
  }
  return bytes;
}

std::string name_of(ValidOutcomes::Verdict verdict) {
  constexpr const char* names[] = {"ignored", "ownership", "valid", "broken"};
  return names[static_cast<int>(verdict)];
}

std::string end_of(const FoldedTopic& at) {
  std::ostringstream text;
  text << at.epoch.value << ' ' << at.tail.sequence.value << ' ' << at.tail.cause.value << ' '
       << at.tail.time.ns << ' ' << at.tail.chain << ' ' << at.voided;
  return text.str();
}

TEST(OutcomeHistories, AreFoldedAsTheIndependentJudgeFoldsThem) {
  std::ifstream file(path_of_histories());
  ASSERT_TRUE(file) << path_of_histories();
  ValidOutcomes fold;
  std::string history;
  int records = 0;
  int64_t offset = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    const std::string word = line.substr(0, line.find(' '));
    const std::string rest = line.substr(word.size() + 1);
    if (word == "history") {
      fold = ValidOutcomes();
      history = rest;
      offset = 0;
    } else if (word == "end") {
      EXPECT_EQ(end_of(fold.at()), rest) << "history " << history;
    } else {
      const ByteBuffer record = from_hex_text(rest);
      EXPECT_EQ(name_of(fold.feed(offset, record)), word)
          << "history " << history << " offset " << offset << ' ' << fold.reason();
      ++offset;
      ++records;
    }
  }
  EXPECT_GT(records, 200);
}

}  // namespace
}  // namespace spate
