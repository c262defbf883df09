// DATA/scanned: a time.
#include "engine/app/scanned_note.hpp"

#include "engine/codec/rfc3339.hpp"
#include "engine/state/file.hpp"

namespace spate {
namespace {

constexpr std::size_t bytes_max = 64;

Result<std::string> text_at(const std::string& path) {
  TRY(const auto file, state::File::open(path));
  TRY(const uint64_t size, file.size());
  std::string text(std::min<uint64_t>(size, bytes_max), '\0');
  TRY(file.read(0, {reinterpret_cast<uint8_t*>(text.data()), text.size()}));
  return text;
}

Result<void> write_text(const std::string& path, const std::string& text) {
  TRY(state::File file, state::File::create(path + ".draft"));
  TRY(file.write(0, as_bytes(text)));
  return state::publish(file, path + ".draft", path);
}

}  // namespace

std::string scan_folder(const std::string& data) { return data + "/scan"; }

Instant scanned_at(const std::string& data) {
  const auto text = text_at(data + "/scanned");
  Instant at;
  return text && from_rfc3339(*text, at) ? at : Instant{};
}

void note_scanned(const std::string& data, Instant at) {
  (void)write_text(data + "/scanned", to_rfc3339(at));
}

std::string rows_remedy(const std::string& data) {
  return ": they are damaged on the disk, or were folded wrongly, and nothing is decided on them any "
         "more. `spate replay verify --data " + data + "` names the first row that is not what the "
         "log says (an embedded log); then see to the disk, and remove " + data +
         "/rows: the next start folds them again from the log";
}

std::string unequal_rows_remedy(const std::string& data) {
  return ". They were damaged or folded wrongly. This node stands still there, and ends when it would "
         "have to decide on them. Stop it, see to its disk and memory, remove " + data + "/rows and " +
         data + "/digests and start it: it folds them again from the log";
}

std::string views_remedy(const std::string& projection) {
  return ": they are damaged on the disk, or were folded wrongly. They serve as they are and show no "
         "new outcomes; see to the disk and run `spate replay rebuild " + projection +
         "`, which shows what differs";
}

}  // namespace spate
