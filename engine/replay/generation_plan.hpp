// GenerationPlan: which generation of views serves each projection, and the rebuild under way.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.hpp"

namespace spate {

/// What somebody asked for.
struct RebuildWish {
  enum class Expect : uint8_t {
    nothing,  ///< the same: switch; else wait for a decision
    same,     ///< a difference fails the rebuild
    fields,   ///< so does one beyond `fields`; else switch
    anything,  ///< switch, whatever differs
  };
  std::vector<std::string> projections;
  Expect expect = Expect::nothing;
  std::vector<std::string> fields;
  bool hold = false;  ///< do not switch by itself, whatever the proof says
  uint64_t budget_percent = 30;  ///< of one core
  uint64_t examples_max = 10;    ///< a view and kind of difference
};

enum class RebuildPhase : uint8_t {
  folding,   ///< from outcome 0 towards what the old generation shows
  switched,  ///< serves; the old one is kept and followed
  failed,    ///< see `reason`; the old one serves
};

/// Kept in one small file, replaced as a whole: what it says is what the next start does.
struct GenerationPlan {
  struct Served {
    std::string projection;
    uint32_t generation = 1;
    bool operator==(const Served&) const = default;
  };
  struct Rebuild {
    uint32_t generation = 0;
    RebuildPhase phase = RebuildPhase::folding;
    bool paused = false;
    RebuildWish wish;
    std::vector<Served> previous;  ///< `switched`: what a rollback goes back to
    std::string reason;
  };

  uint32_t next = 2;  ///< the number of the next generation; numbers are never given twice
  std::vector<Served> served;  ///< what is not listed is served by generation 1
  std::optional<Rebuild> rebuild;

  uint32_t generation_of(const std::string& projection) const;
  void serve(const std::string& projection, uint32_t generation);
  /// Every generation that is in use.
  std::vector<uint32_t> generations() const;

  std::string text() const;
  /// Faults: `views_plan_rot`, when it is damaged or of a newer format.
  static Result<GenerationPlan> parse(const std::string& text);
};

std::string_view name_of(RebuildPhase phase);

}  // namespace spate
