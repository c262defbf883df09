// SimulatedDisk: a disk that keeps only what was synced, tears the rest, and fails on demand.
#pragma once
#include <functional>
#include <map>
#include <random>

#include "engine/log/storage.hpp"

namespace spate {

/// One thread. The same seed and calls give the same faults. What it does to unsynced work when the
/// power is cut: of each 512-byte sector any version since the last sync may have reached the disk,
/// whatever the order; sizes, creations and removals likewise.
class SimulatedDisk final : public Storage {
 public:
  enum class Call : uint8_t { open, write, sync, truncate, remove, sync_directory, count };

  explicit SimulatedDisk(uint64_t seed, int sync_polls_max = 0)
      : random_(seed), sync_polls_max_(sync_polls_max) {}

  const std::string& directory() const override { return directory_; }
  Result<std::unique_ptr<DirectoryLock>> lock() override;
  Result<std::unique_ptr<StoredFile>> open(std::string_view name, OpenMode mode) override;
  Result<std::vector<std::string>> list() override;
  Result<void> remove(std::string_view name) override;
  Result<void> sync_directory() override;
  Result<uint64_t> free_bytes() override;

  /// The first change at or after the `n`-th call from now (1 = the next) is cut in the middle; all
  /// later ones fail.
  void cut_power_after(uint64_t n) { cut_at_ = calls_ + n; }
  void cut_power();
  bool is_dead() const { return dead_; }
  /// A new process: handles and locks of the old one are gone. After a power cut it finds what the
  /// disk kept, after a mere kill what the page cache holds.
  void restart();

  /// The `n`-th call of this kind from now fails for good. A failed sync leaves what it should have
  /// written in the page cache, clean, and on the disk only by chance.
  void fail(Call call, uint64_t n) { failures_[call] = n; }
  void fail_no_more() { failures_.clear(); }
  bool failures_left() const { return !failures_.empty(); }
  void set_capacity(uint64_t bytes) { capacity_bytes_ = bytes; }
  uint64_t used_bytes() const;

  /// Damage done to a disk at rest, durable at once.
  void flip_bit(const std::string& name, uint64_t bit);
  void cut_file(const std::string& name, uint64_t bytes);
  void lose_file(const std::string& name);
  std::vector<uint8_t> content(const std::string& name) const;
  /// The whole disk at rest, to be damaged again and again.
  using Image = std::map<std::string, std::vector<uint8_t>>;
  Image image() const;
  void load(const Image& image);

  uint64_t calls() const { return calls_; }

 private:
  static constexpr std::size_t sector_bytes = 512;
  using Sector = std::vector<uint8_t>;
  struct File {
    std::vector<uint8_t> now;                          // as a reader sees it
    std::vector<uint8_t> durable;                      // as the disk has it
    std::map<uint64_t, std::vector<Sector>> unsynced;  // versions, oldest first
    std::vector<uint64_t> unsynced_sizes;
  };
  using FilePtr = std::shared_ptr<File>;
  class Handle;
  class Lock;
  friend class Handle;

  Result<void> begin(Call call);
  bool cuts_now() const { return calls_ >= cut_at_; }
  tl::unexpected<Fault> power_is_off();
  Result<void> write(File& file, uint64_t offset, Bytes bytes);
  void put(File& file, uint64_t offset, Bytes bytes);
  void settle(File& file, const std::map<uint64_t, std::size_t>& sectors, std::size_t sizes,
              bool failed);
  void lose_unsynced(File& file);
  void put_durable(File& file, uint64_t sector, const Sector& bytes);
  uint64_t below(uint64_t n) { return random_() % n; }

  std::string directory_ = "simulated";
  std::mt19937_64 random_;
  const int sync_polls_max_;
  std::map<std::string, FilePtr> names_;
  std::map<std::string, FilePtr> durable_names_;
  uint64_t life_ = 0;
  bool locked_ = false;
  bool dead_ = false;
  uint64_t calls_ = 0;
  uint64_t cut_at_ = ~uint64_t{0};
  std::map<Call, uint64_t> failures_;
  uint64_t capacity_bytes_ = uint64_t{1} << 40;
};

}  // namespace spate
