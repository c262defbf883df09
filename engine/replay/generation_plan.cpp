// The plan is text, so that an operator can read it:
//   plan := "spate-views 1\n" "next " n "\n" ("serves " projection " " n "\n")* [rebuild]
//           "crc " n "\n"
//   rebuild := "rebuild " n " " phase "\n" ("projection " name "\n")+ ("previous " name " " n "\n")*
//              ["paused 1\n"] "budget " n "\n" "examples " n "\n" ["hold 1\n"]
//              "expect " n "\n" ("field " name "\n")* ["reason " one line "\n"]
//   crc  := CRC32C of the text before it
#include "engine/replay/generation_plan.hpp"

#include <algorithm>
#include <sstream>

#include "engine/base/crc32c.hpp"

namespace spate {
namespace {

constexpr std::string_view phases[] = {"folding", "switched", "failed"};

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

void write_rebuild(const GenerationPlan::Rebuild& rebuild, std::ostream& out) {
  const RebuildWish& wish = rebuild.wish;
  out << "rebuild " << rebuild.generation << ' ' << name_of(rebuild.phase) << '\n';
  for (const std::string& name : wish.projections) out << "projection " << name << '\n';
  for (const auto& [name, generation] : rebuild.previous)
    out << "previous " << name << ' ' << generation << '\n';
  if (rebuild.paused) out << "paused 1\n";
  out << "budget " << wish.budget_percent << "\nexamples " << wish.examples_max << '\n';
  if (wish.hold) out << "hold 1\n";
  out << "expect " << static_cast<int>(wish.expect) << '\n';
  for (const std::string& field : wish.fields) out << "field " << field << '\n';
  if (!rebuild.reason.empty()) out << "reason " << one_line(rebuild.reason) << '\n';
}

bool read_phase(std::istream& in, GenerationPlan::Rebuild& rebuild) {
  std::string name;
  in >> rebuild.generation >> name;
  const auto found = std::find(std::begin(phases), std::end(phases), name);
  rebuild.phase = static_cast<RebuildPhase>(found - std::begin(phases));
  return found != std::end(phases);
}

bool read_of_rebuild(const std::string& word, std::istream& in, GenerationPlan::Rebuild& rebuild) {
  std::string name;
  uint32_t number = 0;
  RebuildWish& wish = rebuild.wish;
  if (word == "projection" && in >> name) wish.projections.push_back(name);
  else if (word == "previous" && in >> name >> number) rebuild.previous.push_back({name, number});
  else if (word == "paused" && in >> number) rebuild.paused = true;
  else if (word == "hold" && in >> number) wish.hold = true;
  else if (word == "budget") in >> wish.budget_percent;
  else if (word == "examples") in >> wish.examples_max;
  else if (word == "expect" && in >> number) wish.expect = static_cast<RebuildWish::Expect>(number);
  else if (word == "field" && in >> name) wish.fields.push_back(name);
  else if (word == "reason") std::getline(in >> std::ws, rebuild.reason);
  else return false;
  return !in.fail();
}

bool read(const std::string& text, GenerationPlan& plan) {
  std::istringstream in(text);
  std::string word;
  int format = 0;
  if (!(in >> word >> format) || word != "spate-views" || format != 1) return false;
  while (in >> word) {
    GenerationPlan::Served served;
    if (word == "next") in >> plan.next;
    else if (word == "crc") in >> word;
    else if (word == "serves" && in >> served.projection >> served.generation)
      plan.served.push_back(served);
    else if (word == "rebuild") {
      if (!read_phase(in, plan.rebuild.emplace())) return false;
    } else if (!plan.rebuild || !read_of_rebuild(word, in, *plan.rebuild)) {
      return false;
    }
    if (in.fail()) return false;
  }
  return plan.text() == text;  // checks the crc and that nothing was overlooked
}

}  // namespace

std::string_view name_of(RebuildPhase phase) { return phases[static_cast<std::size_t>(phase)]; }

uint32_t GenerationPlan::generation_of(const std::string& projection) const {
  for (const Served& one : served)
    if (one.projection == projection) return one.generation;
  return 1;
}

void GenerationPlan::serve(const std::string& projection, uint32_t generation) {
  for (Served& one : served)
    if (one.projection == projection) return void(one.generation = generation);
  served.push_back({projection, generation});
}

std::vector<uint32_t> GenerationPlan::generations() const {
  std::vector<uint32_t> all{1};
  for (const Served& one : served) all.push_back(one.generation);
  if (rebuild) {
    all.push_back(rebuild->generation);
    for (const Served& one : rebuild->previous) all.push_back(one.generation);
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

std::string GenerationPlan::text() const {
  std::ostringstream out;
  out << "spate-views 1\nnext " << next << '\n';
  for (const Served& one : served) out << "serves " << one.projection << ' ' << one.generation << '\n';
  if (rebuild) write_rebuild(*rebuild, out);
  const std::string text = out.str();
  return text + "crc " + std::to_string(crc32c(as_bytes(text))) + '\n';
}

Result<GenerationPlan> GenerationPlan::parse(const std::string& text) {
  GenerationPlan plan;
  if (read(text, plan)) return plan;
  return stop("views_plan_rot",
              "the plan of the views is damaged or was written by a newer binary; stop, delete the "
              "directory of the views and start again: they are folded from the log");
}

}  // namespace spate
