// Directories, one small file, and what the disk has left.
#include "engine/app/rocks_generations.hpp"

#include <charconv>
#include <filesystem>

#include "engine/state/file.hpp"

namespace spate {
namespace {

constexpr std::size_t plan_bytes_max = 1 << 20;
constexpr uint64_t store_room_bytes_min = uint64_t{64} << 20;  // what the smallest store may take
constexpr uint64_t reserve_bytes = uint64_t{16} << 20;   // a flush that is under way

uint64_t bytes_below(const std::string& directory) {
  uint64_t bytes = 0;
  std::error_code error;
  std::filesystem::recursive_directory_iterator file(directory, error), end;
  while (!error && file != end) {
    // Files come and go meanwhile: RocksDB compacts.
    std::error_code gone;
    const bool is_file = file->is_regular_file(gone);
    const uint64_t size = is_file && !gone ? file->file_size(gone) : 0;
    if (!gone) bytes += size;
    file.increment(error);
  }
  return bytes;
}

std::string mib(uint64_t bytes) { return std::to_string(bytes >> 20) + " MiB"; }

}  // namespace

Result<std::string> RocksGenerations::plan() {
  auto file = state::File::open(directory_ + "/plan");
  if (!file && file.error().code == "file_missing") return std::string();
  if (!file) return pass_on(std::move(file.error()));
  TRY(const uint64_t size, file->size());
  if (size > plan_bytes_max)
    return stop("views_plan_rot", directory_ + "/plan is too long to be ours: remove it");
  std::string text(size, '\0');
  TRY(file->read(0, {reinterpret_cast<uint8_t*>(text.data()), text.size()}));
  return text;
}

Result<void> RocksGenerations::save_plan(const std::string& text) {
  const std::string path = directory_ + "/plan";
  TRY(state::File file, state::File::create(path + ".draft"));
  TRY(file.write(0, as_bytes(text)));
  return state::publish(file, path + ".draft", path);
}

Result<std::vector<uint32_t>> RocksGenerations::present() {
  std::vector<uint32_t> numbers;
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  for (const auto& entry : std::filesystem::directory_iterator(directory_, error)) {
    const std::string name = entry.path().filename().string();
    uint32_t number = 0;
    const char* end = name.data() + name.size();
    const auto parsed = std::from_chars(name.data(), end, number);
    if (parsed.ec == std::errc() && parsed.ptr == end && number > 0) numbers.push_back(number);
  }
  if (error) return stop("views_unavailable", directory_ + ": " + error.message());
  return numbers;
}

Result<std::unique_ptr<ViewStore>> RocksGenerations::open(uint32_t number) {
  RocksViewsLimits limits = limits_;
  if (first_ != nullptr) {
    limits.write_buffer_bytes = further_write_buffer_bytes_;
    limits.compacts_later = false;
  }
  TRY(auto store, RocksViews::open(directory_, limits, {number, first_}));
  if (!store->note().empty()) notes_.push_back(store->note());
  if (first_ == nullptr) first_ = store.get();
  return std::unique_ptr<ViewStore>(std::move(store));
}

Result<void> RocksGenerations::remove(uint32_t number) {
  std::error_code error;
  std::filesystem::remove(breadcrumbs_of(number), error);  // first: its number is given again
  if (!error) std::filesystem::remove_all(path_of(number), error);
  if (error) return stop("views_unavailable", path_of(number) + ": " + error.message());
  std::filesystem::remove_all(journals_of(number), error);
  if (error) return stop("views_unavailable", journals_of(number) + ": " + error.message());
  return {};
}

Result<void> RocksGenerations::check_room(uint64_t wanted, const std::string& what) const {
  std::error_code error;
  const auto space = std::filesystem::space(directory_, error);
  if (error || space.available >= wanted) return {};
  return stop("storage_full", directory_ + ": " + what + " takes " + mib(wanted) + ", " +
                                  mib(disk_free_bytes_min_) + " of it left to the log; " +
                                  mib(space.available) + " are free: make room");
}

/// As much as is kept now, and as much again while RocksDB compacts it.
Result<void> RocksGenerations::check_room_for_another() {
  return check_room(2 * bytes_below(directory_) + store_room_bytes_min + disk_free_bytes_min_,
                    "another generation of views");
}

Result<void> RocksGenerations::check_room_to_go_on() {
  return check_room(disk_free_bytes_min_ + reserve_bytes, "going on");
}

}  // namespace spate
