// The manifest is text, so that an operator can read it:
//   manifest := "spate-ids 2\n" "log " hi " " lo " " incarnation "\n"
//               "covered " n " " chain "\n" "next " n "\n" ("run " n "\n")* "crc " n "\n"
//   crc      := CRC32C of the text before it
#include "engine/state/id_manifest.hpp"

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "engine/base/crc32c.hpp"
#include "engine/state/file.hpp"
#include "engine/state/id_run.hpp"

namespace spate {
namespace {

constexpr std::size_t manifest_bytes_max = 64 << 10;

std::string to_text(const IdManifest& m) {
  std::ostringstream out;
  out << "spate-ids 2\nlog " << m.log.id.hi << ' ' << m.log.id.lo << ' ' << m.log.incarnation
      << "\ncovered " << m.covered.value << ' ' << m.chain << "\nnext " << m.next_number << '\n';
  for (uint64_t run : m.runs) out << "run " << run << '\n';
  std::string text = out.str();
  return text + "crc " + std::to_string(crc32c(as_bytes(text))) + '\n';
}

bool from_text(const std::string& text, IdManifest& m) {
  std::istringstream in(text);
  std::string word;
  int version = 0;
  if (!(in >> word >> version) || word != "spate-ids" || version != 2) return false;
  while (in >> word) {
    uint64_t number = 0;
    if (!(in >> number)) return false;
    if (word == "log") m.log.id.hi = number, in >> m.log.id.lo >> m.log.incarnation;
    else if (word == "covered") m.covered = {number}, in >> m.chain;
    else if (word == "next") m.next_number = number;
    else if (word == "run") m.runs.push_back(number);
    else if (word != "crc") return false;
  }
  return to_text(m) == text;  // checks the crc and that nothing was overlooked
}

}  // namespace

std::string manifest_path(const std::string& directory) { return directory + "/manifest"; }
std::string run_path(const std::string& directory, uint64_t number) {
  return directory + "/run-" + std::to_string(number) + ".ids";
}

Result<std::optional<IdManifest>> read_manifest(const std::string& directory) {
  const std::string path = manifest_path(directory);
  auto file = state::File::open(path);
  if (!file && file.error().code == "file_missing") return std::optional<IdManifest>{};
  if (!file) return pass_on(std::move(file.error()));
  TRY(const uint64_t size, file->size());
  if (size > manifest_bytes_max) return ids_rot(path, "is too long");
  std::string text(size, '\0');
  TRY(file->read(0, {reinterpret_cast<uint8_t*>(text.data()), text.size()}));
  if (text.starts_with("spate-ids 1\n"))
    return stop("ids_foreign", path + " is of an older format, which named no chain");
  IdManifest manifest;
  if (!from_text(text, manifest)) return ids_rot(path, "is damaged");
  return std::optional(std::move(manifest));
}

Result<void> write_manifest(const std::string& directory, const IdManifest& manifest) {
  const std::string path = manifest_path(directory);
  TRY(state::File file, state::File::create(path + ".draft"));
  TRY(file.write(0, as_bytes(to_text(manifest))));
  return state::publish(file, path + ".draft", path);
}

Result<void> remove_strays(const std::string& directory, const IdManifest& manifest) {
  std::vector<std::string> keep{manifest_path(directory)};
  for (uint64_t run : manifest.runs) keep.push_back(run_path(directory, run));
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    const std::string path = directory + "/" + entry.path().filename().string();
    const bool ours = path.ends_with(".ids") || path.ends_with(".draft");
    if (ours && std::find(keep.begin(), keep.end(), path) == keep.end())
      TRY(state::remove_file(path));
  }
  if (error) return stop("file_failed", "listing " + directory + ": " + error.message());
  return {};
}

}  // namespace spate
