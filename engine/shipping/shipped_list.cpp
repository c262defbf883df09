// Names are <milliseconds, 16 digits>-<8 digits of a hash>.
#include "engine/shipping/shipped_list.hpp"

#include <algorithm>
#include <charconv>

namespace spate {
namespace {

constexpr std::size_t time_digits = 16;
constexpr std::size_t text_bytes_max = 64 << 20;

}  // namespace

std::string checkpoint_object(const ShippedCheckpoint& c, const std::string& text) {
  const std::string time = std::to_string(c.taken_ms);
  const Hash128 hash = xxh3_128(as_bytes(text));
  return checkpoints_folder(c.log, c.incarnation) + "/" +
         std::string(time_digits - std::min(time_digits, time.size()), '0') + time + "-" +
         to_hex(CommandId{hash.hi, hash.lo}).substr(0, 8);
}

Result<std::vector<ListedCheckpoint>> list_checkpoints(Depot& depot, const Hash128& log,
                                                       uint64_t incarnation) {
  TRY(const auto objects, depot.list(checkpoints_folder(log, incarnation)));
  std::vector<ListedCheckpoint> found;
  for (const Depot::Object& object : objects) {
    const std::string name = object.name.substr(object.name.rfind('/') + 1);
    ListedCheckpoint listed{object.name, 0};
    const char* end = name.data() + std::min(name.size(), time_digits);
    const auto [rest, error] = std::from_chars(name.data(), end, listed.taken_ms);
    if (error != std::errc() || rest != end || Depot::is_draft(name)) continue;
    found.push_back(std::move(listed));
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.object > b.object; });
  return found;
}

Result<ShippedCheckpoint> read_checkpoint(Depot& depot, const std::string& object,
                                          const Hash128& log, uint64_t incarnation) {
  TRY(const auto reader, depot.read(object));
  std::string text;
  for (std::size_t got = depot_piece_bytes; got == depot_piece_bytes;) {
    const std::size_t before = text.size();
    if (before > text_bytes_max) return stop("checkpoint_rot", "it is too long");
    text.resize(before + depot_piece_bytes);
    TRY(got, reader->read({reinterpret_cast<uint8_t*>(text.data()) + before, depot_piece_bytes}));
    text.resize(before + got);
  }
  TRY(ShippedCheckpoint checkpoint, shipped_checkpoint_of(text));
  if (checkpoint.log != log || checkpoint.incarnation != incarnation)
    return stop("checkpoint_foreign", "it is of another log");
  return checkpoint;
}

bool is_of_no_use(const Fault& fault) {
  return fault.code == "checkpoint_rot" || fault.code == "checkpoint_foreign" ||
         fault.code == "object_missing";
}

}  // namespace spate
