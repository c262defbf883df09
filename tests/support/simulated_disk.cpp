// Page cache and disk as two images, with all versions of every unsynced sector in between.
#include "tests/support/simulated_disk.hpp"

#include <algorithm>

namespace spate {

class SimulatedDisk::Handle final : public StoredFile {
 public:
  Handle(SimulatedDisk& disk, FilePtr file)
      : disk_(disk), file_(std::move(file)), life_(disk.life_) {}

  Result<std::size_t> read(uint64_t offset, std::span<uint8_t> into) override {
    if (!alive()) return disk_.power_is_off();
    if (offset >= file_->now.size()) return std::size_t{0};
    const std::size_t n = std::min<uint64_t>(into.size(), file_->now.size() - offset);
    std::memcpy(into.data(), file_->now.data() + offset, n);
    return n;
  }
  Result<void> write(uint64_t offset, Bytes bytes) override {
    if (!alive()) return disk_.power_is_off();
    return disk_.write(*file_, offset, bytes);
  }
  Result<uint64_t> size() override {
    if (!alive()) return disk_.power_is_off();
    return uint64_t{file_->now.size()};
  }
  Result<void> truncate(uint64_t size) override {
    if (!alive()) return disk_.power_is_off();
    TRY(disk_.begin(Call::truncate));
    file_->now.resize(size);
    file_->unsynced_sizes.push_back(size);
    if (disk_.cuts_now()) disk_.cut_power();
    return disk_.dead_ ? Result<void>(disk_.power_is_off()) : Result<void>();
  }

  void submit_sync() override {
    sectors_.clear();
    for (const auto& [sector, versions] : file_->unsynced) sectors_[sector] = versions.size();
    sizes_ = file_->unsynced_sizes.size();
    polls_left_ = static_cast<int>(disk_.below(static_cast<uint64_t>(disk_.sync_polls_max_) + 1));
  }
  std::optional<Result<void>> sync_result() override {
    if (!alive()) return Result<void>(disk_.power_is_off());
    if (polls_left_-- > 0) return std::nullopt;
    Result<void> begun = disk_.begin(Call::sync);
    if (disk_.cuts_now() && disk_.below(2) == 0) disk_.cut_power();
    if (disk_.dead_) return Result<void>(disk_.power_is_off());
    disk_.settle(*file_, sectors_, sizes_, !begun);
    if (!begun) return begun;
    if (disk_.cuts_now()) disk_.cut_power();
    return disk_.dead_ ? Result<void>(disk_.power_is_off()) : Result<void>();
  }

 private:
  bool alive() const { return life_ == disk_.life_ && !disk_.dead_; }
  SimulatedDisk& disk_;
  const FilePtr file_;
  const uint64_t life_;
  std::map<uint64_t, std::size_t> sectors_;
  std::size_t sizes_ = 0;
  int polls_left_ = 0;
};

class SimulatedDisk::Lock final : public DirectoryLock {
 public:
  explicit Lock(SimulatedDisk& disk) : disk_(disk), life_(disk.life_) {}
  ~Lock() override {
    if (life_ == disk_.life_) disk_.locked_ = false;
  }

 private:
  SimulatedDisk& disk_;
  const uint64_t life_;
};

tl::unexpected<Fault> SimulatedDisk::power_is_off() {
  return stop("storage_failed", "the power is off");
}

Result<void> SimulatedDisk::begin(Call call) {
  if (dead_) return power_is_off();
  ++calls_;
  const auto failure = failures_.find(call);
  if (failure == failures_.end() || --failure->second > 0) return {};
  failures_.erase(failure);
  return stop("storage_failed", "this call fails on demand");
}

Result<std::unique_ptr<DirectoryLock>> SimulatedDisk::lock() {
  if (dead_) return power_is_off();
  if (locked_) return stop("log_in_use", "process 1 is using " + directory_);
  locked_ = true;
  return std::unique_ptr<DirectoryLock>(new Lock(*this));
}

Result<std::unique_ptr<StoredFile>> SimulatedDisk::open(std::string_view name, OpenMode mode) {
  TRY(begin(Call::open));
  const auto found = names_.find(std::string(name));
  if (mode == OpenMode::create) {
    if (found != names_.end()) return stop("storage_failed", "file exists: " + std::string(name));
    if (used_bytes() >= capacity_bytes_) return retry("storage_full", "the disk is full");
    const auto file = std::make_shared<File>();
    names_[std::string(name)] = file;
    if (cuts_now()) cut_power();
    if (dead_) return power_is_off();
    return std::unique_ptr<StoredFile>(new Handle(*this, file));
  }
  if (found == names_.end()) return stop("storage_failed", "no such file: " + std::string(name));
  return std::unique_ptr<StoredFile>(new Handle(*this, found->second));
}

Result<std::vector<std::string>> SimulatedDisk::list() {
  if (dead_) return power_is_off();
  std::vector<std::string> names;
  for (const auto& [name, file] : names_) names.push_back(name);
  return names;
}

Result<void> SimulatedDisk::remove(std::string_view name) {
  TRY(begin(Call::remove));
  if (names_.erase(std::string(name)) == 0)
    return stop("storage_failed", "no such file: " + std::string(name));
  if (cuts_now()) cut_power();
  return dead_ ? Result<void>(power_is_off()) : Result<void>();
}

Result<void> SimulatedDisk::sync_directory() {
  TRY(begin(Call::sync_directory));
  if (cuts_now() && below(2) == 0) cut_power();
  if (dead_) return power_is_off();
  durable_names_ = names_;
  if (cuts_now()) cut_power();
  return dead_ ? Result<void>(power_is_off()) : Result<void>();
}

uint64_t SimulatedDisk::used_bytes() const {
  uint64_t used = 0;
  for (const auto& [name, file] : names_) used += file->now.size();
  return used;
}

Result<uint64_t> SimulatedDisk::free_bytes() {
  if (dead_) return power_is_off();
  const uint64_t used = used_bytes();
  return used < capacity_bytes_ ? capacity_bytes_ - used : 0;
}

Result<void> SimulatedDisk::write(File& file, uint64_t offset, Bytes bytes) {
  const uint64_t end = offset + bytes.size();
  if (end > file.now.size() && used_bytes() + (end - file.now.size()) > capacity_bytes_)
    return retry("storage_full", "the disk is full");
  if (Result<void> begun = begin(Call::write); !begun) {
    put(file, offset, bytes.first(below(bytes.size() + 1)));  // a part of it may be there
    return begun;
  }
  put(file, offset, bytes);
  if (cuts_now()) cut_power();
  return dead_ ? Result<void>(power_is_off()) : Result<void>();
}

void SimulatedDisk::put(File& file, uint64_t offset, Bytes bytes) {
  if (bytes.empty()) return;
  const uint64_t end = offset + bytes.size();
  if (end > file.now.size()) {
    file.now.resize(end);
    file.unsynced_sizes.push_back(end);
  }
  std::memcpy(file.now.data() + offset, bytes.data(), bytes.size());
  for (uint64_t s = offset / sector_bytes; s <= (end - 1) / sector_bytes; ++s) {
    Sector sector(sector_bytes, 0);
    const uint64_t at = s * sector_bytes;
    std::memcpy(sector.data(), file.now.data() + at,
                std::min<uint64_t>(sector_bytes, file.now.size() - at));
    file.unsynced[s].push_back(std::move(sector));
  }
}

void SimulatedDisk::put_durable(File& file, uint64_t sector, const Sector& bytes) {
  const uint64_t at = sector * sector_bytes;
  if (at + sector_bytes > file.durable.size()) file.durable.resize(at + sector_bytes);
  std::memcpy(file.durable.data() + at, bytes.data(), sector_bytes);
}

/// `durable` may be longer than the file while sizes are open; the size is settled last.
void SimulatedDisk::settle(File& file, const std::map<uint64_t, std::size_t>& sectors,
                           std::size_t sizes, bool failed) {
  const uint64_t size = sizes > 0 ? file.unsynced_sizes[sizes - 1] : file.durable.size();
  const bool takes_size = !failed || below(2) == 0;
  const uint64_t kept_size = takes_size ? size : file.durable.size();
  for (const auto& [sector, count] : sectors) {
    auto& versions = file.unsynced[sector];
    if (!failed || below(2) == 0) put_durable(file, sector, versions[count - 1]);
    versions.erase(versions.begin(), versions.begin() + static_cast<std::ptrdiff_t>(count));
    if (versions.empty()) file.unsynced.erase(sector);
  }
  file.durable.resize(kept_size);
  file.unsynced_sizes.erase(file.unsynced_sizes.begin(),
                            file.unsynced_sizes.begin() + static_cast<std::ptrdiff_t>(sizes));
}

void SimulatedDisk::lose_unsynced(File& file) {
  uint64_t size = file.durable.size();
  const uint64_t choice = below(file.unsynced_sizes.size() + 1);
  if (choice > 0) size = file.unsynced_sizes[choice - 1];
  for (const auto& [sector, versions] : file.unsynced) {
    const uint64_t version = below(versions.size() + 1);
    if (version > 0) put_durable(file, sector, versions[version - 1]);
  }
  file.durable.resize(size);
  file.now = file.durable;
  file.unsynced.clear();
  file.unsynced_sizes.clear();
}

void SimulatedDisk::cut_power() {
  dead_ = true;
  std::map<std::string, FilePtr> kept;
  for (const auto& [name, file] : durable_names_) {
    const auto now = names_.find(name);
    const bool is_same = now != names_.end() && now->second == file;
    if (is_same || below(2) == 0) kept[name] = file;
  }
  for (const auto& [name, file] : names_)
    if (!kept.contains(name) && below(2) == 0) kept[name] = file;
  names_ = durable_names_ = std::move(kept);
  for (auto& [name, file] : names_) lose_unsynced(*file);
}

void SimulatedDisk::restart() {
  dead_ = false;
  locked_ = false;
  cut_at_ = ~uint64_t{0};
  ++life_;
}

void SimulatedDisk::flip_bit(const std::string& name, uint64_t bit) {
  File& file = *names_.at(name);
  file.now[bit / 8] ^= static_cast<uint8_t>(1 << (bit % 8));
  file.durable = file.now;
}

void SimulatedDisk::cut_file(const std::string& name, uint64_t bytes) {
  File& file = *names_.at(name);
  file.now.resize(bytes);
  file.durable = file.now;
}

void SimulatedDisk::lose_file(const std::string& name) {
  names_.erase(name);
  durable_names_.erase(name);
}

std::vector<uint8_t> SimulatedDisk::content(const std::string& name) const {
  return names_.at(name)->now;
}

SimulatedDisk::Image SimulatedDisk::image() const {
  Image image;
  for (const auto& [name, file] : names_) image[name] = file->now;
  return image;
}

void SimulatedDisk::load(const Image& image) {
  names_.clear();
  for (const auto& [name, bytes] : image) {
    names_[name] = std::make_shared<File>();
    names_[name]->now = names_[name]->durable = bytes;
  }
  durable_names_ = names_;
  restart();
}

}  // namespace spate
