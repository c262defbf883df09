// DigestMail: what nodes ask each other about the digests they recorded, between the thread of the
// links and the one that compares.
#pragma once
#include <string>
#include <vector>

#include "engine/base/letterbox.hpp"
#include "engine/cluster/links.hpp"
#include "engine/state/digest_journal.hpp"

namespace spate {

/// Of a partition's rows, or of the views of its domain.
enum class DigestOf : uint8_t { rows, views };

/// What the asking node recorded; the other says what it has at the same outcomes.
struct DigestQuestion {
  static constexpr std::size_t points_max = 128;
  uint32_t partition = 0;  ///< its dense index
  DigestOf of = DigestOf::rows;
  std::vector<DigestPoint> points;  ///< of one code, in the order of the outcomes; at least one
};

struct DigestAnswer {
  uint32_t partition = 0;
  DigestOf of = DigestOf::rows;
  uint32_t agreed = 0;  ///< points that both recorded, alike, before the first difference
  Sequence agreed_at;   ///< the last of them
  std::optional<DigestPoint> difference;  ///< what it has where the asking node has another digest
};

/// Bounded: what finds no room is lost, and asked again at its time.
class DigestMail {
  static constexpr std::size_t letters_max = 1024;  // of each kind

 public:
  struct ToNode {
    std::string address;
    DigestQuestion question;
  };
  struct FromNode {
    LinkId link = 0;
    std::string address;  ///< as it says of itself
    DigestQuestion question;
  };
  struct ToLink {
    LinkId link = 0;
    DigestAnswer answer;
  };
  struct Answered {
    std::string address;
    DigestAnswer answer;
  };
  // Who compares puts the first and the third, and takes the others; the links the other way round.
  Letterbox<ToNode> questions_out{letters_max};
  Letterbox<FromNode> questions_in{letters_max};
  Letterbox<ToLink> answers_out{letters_max};
  Letterbox<Answered> answers_in{letters_max};
};

}  // namespace spate
