// STORE/DIFFERS: a line a partition, `DOMAIN INDEX WHY`.
#include "engine/app/differs_mark.hpp"

#include <algorithm>
#include <sstream>

#include "engine/state/file.hpp"

namespace spate {
namespace {

std::string path_in(const std::string& store) { return store + "/DIFFERS"; }

Result<std::string> text_in(const std::string& store) {
  const auto file = state::File::open(path_in(store));
  if (!file && file.error().code == "file_missing") return std::string();
  if (!file) return pass_on(Fault(file.error()));
  TRY(const uint64_t size, file->size());
  std::string text(std::min<uint64_t>(size, 1 << 20), '\0');
  TRY(file->read(0, {reinterpret_cast<uint8_t*>(text.data()), text.size()}));
  return text;
}

}  // namespace

Result<void> DiffersMarks::add(const std::string& store, const DifferingPartition& partition) {
  const std::lock_guard lock(one_at_a_time_);
  for (const DifferingPartition& known : marked_differing(store))
    if (known.domain == partition.domain && known.index == partition.index) return {};
  TRY(std::string text, text_in(store));
  std::string why = partition.why;
  std::replace(why.begin(), why.end(), '\n', ' ');
  text += partition.domain + " " + std::to_string(partition.index) + " " + why + "\n";
  const std::string path = path_in(store);
  TRY(state::File file, state::File::create(path + ".draft"));
  TRY(file.write(0, as_bytes(text)));
  return state::publish(file, path + ".draft", path);
}

std::vector<DifferingPartition> marked_differing(const std::string& store) {
  const Result<std::string> text = text_in(store);
  if (!text) return {{"", 0, text.error().detail}};
  std::vector<DifferingPartition> marked;
  std::istringstream lines(*text);
  DifferingPartition one;
  while (lines >> one.domain >> one.index && std::getline(lines >> std::ws, one.why))
    marked.push_back(one);
  return marked;
}

}  // namespace spate
