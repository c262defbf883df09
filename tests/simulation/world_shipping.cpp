// Shipping a small world's stores in virtual seconds, with real files below a folder of its own.
#include "tests/simulation/world_shipping.hpp"

#include <filesystem>
#include <fstream>

#include "engine/shipping/checkpoint_fetch.hpp"

namespace spate {
namespace {

namespace fs = std::filesystem;

constexpr int64_t shipping_ms = 1'000'000;
constexpr std::size_t asleep_max = 3;

std::string text_of_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

WorldShipping::WorldShipping(uint64_t seed, Parts parts)
    : random_(seed), parts_(std::move(parts)), depot_(random_.next(), *parts_.clock) {}

void WorldShipping::start() {
  ships_.push_back(std::make_unique<Ship>());
  ships_.back()->folder = folder_.path() + "/node-" + std::to_string(++made_);
}

CheckpointShipper::Parts WorldShipping::shipper_parts(Ship& ship) {
  CheckpointShipper::Parts parts;
  parts.depot = &depot_;
  parts.clock = parts_.clock;
  parts.log = parts_.identity.id;
  parts.incarnation = parts_.identity.incarnation;
  parts.folder = ship.folder;
  parts.may_ship = [this, &ship] { return ship.is_alive && parts_.log->owns_first(); };
  parts.settle = [this, &ship] {
    if (ship.is_alive) parts_.settle();
  };
  parts.take = [this, &ship]() -> Result<ShippedCheckpoint> {
    if (!ship.is_alive) return stop("asleep", "its stores are another's by now");
    return take(ship.folder);
  };
  parts.verify = [](const std::string&) { return Result<void>(); };
  parts.tell = [](const std::string&) {};
  parts.limits.interval_ns = static_cast<int64_t>(200 + random_.below(3'000)) * shipping_ms;
  parts.limits.keep = 1 + static_cast<uint32_t>(random_.below(3));
  parts.limits.settle_ns = static_cast<int64_t>(random_.below(100)) * shipping_ms;
  parts.limits.stray_age_ns_min = static_cast<int64_t>(500 + random_.below(10'000)) * shipping_ms;
  return parts;
}

/// As the product's: notes first, then each store where it is by then.
Result<ShippedCheckpoint> WorldShipping::take(const std::string& folder) {
  ShippedCheckpoint taken;
  taken.by = "node-" + std::to_string(made_);
  TRY(taken.partitions, parts_.log->take_notes(folder));
  for (ShippedPartition& partition : taken.partitions) TRY(parts_.put_stores(folder, partition));
  TRY(parts_.put_plan(folder));
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) texts_.insert(text_of_file(entry.path()));
  return taken;
}

/// One that does not own looks again after seconds, which is longer than most lives here: its
/// shipper is made when it does.
void WorldShipping::step(Ship& ship) {
  if (ship.shipper == nullptr) {
    if (!ship.is_alive || !parts_.log->owns_first()) return;
    ship.shipper = std::make_unique<CheckpointShipper>(shipper_parts(ship));
  }
  ship.shipper->step();
  shipped_ += ship.shipper->stats().checkpoints.get() - ship.shipped;
  ship.shipped = ship.shipper->stats().checkpoints.get();
}

void WorldShipping::step(bool faults) {
  const bool fails = faults && random_.one_in(3);
  depot_.fails_one_in = fails ? 5 + static_cast<uint32_t>(random_.below(40)) : 0;
  for (uint64_t n = random_.below(8); n > 0; --n)
    step(random_.one_in(2) ? *ships_.back() : *ships_[random_.below(ships_.size())]);
  if (faults && random_.one_in(200)) depot_.rot();
}

void WorldShipping::crash() {
  ships_.back()->is_alive = false;
  const bool sleeps = random_.one_in(3);
  const auto gone = sleeps && ships_.size() > asleep_max ? ships_.begin() : ships_.end() - 1;
  if (sleeps && ships_.size() <= asleep_max) return;
  depot_.killed = true;
  ships_.erase(gone);
  depot_.killed = false;
}

std::string WorldShipping::begin_anew() {
  if (!data_.empty()) fs::remove_all(data_);
  found_.reset();
  data_ = folder_.path() + "/data-" + std::to_string(++made_);
  fs::create_directories(data_);
  for (int lives = 0;; ++lives) {
    if (const auto finished = CheckpointFetch::finish(data_); !finished)
      broken_ = "a start does not finish what was fetched: " + finished.error().detail;
    if (!CheckpointFetch::is_wanted(data_) || !broken_.empty()) break;
    const uint64_t before = fetched_ + passed_over_;
    fetch_once(data_, lives < 3);
    if (fetched_ + passed_over_ != before) break;
  }
  check_files(data_);
  return data_;
}

/// Until it is done or killed; those who ship go on meanwhile.
void WorldShipping::fetch_once(const std::string& data, bool may_be_killed) {
  CheckpointFetch::Parts parts;
  parts.depot = &depot_;
  parts.data = data;
  parts.log = parts_.identity.id;
  parts.incarnation = parts_.identity.incarnation;
  parts.misfit = [this](const ShippedPartition& partition) {
    return parts_.log->misfit(partition);
  };
  parts.tell = [](const std::string&) {};
  CheckpointFetch fetch(std::move(parts));
  for (;;) {
    if (may_be_killed && random_.one_in(30)) return;
    const auto done = fetch.step();
    if (!done) broken_ = "a fetch stops: " + done.error().detail;
    if (!done || *done) break;
    if (!ships_.empty() && random_.one_in(2)) step(*ships_[random_.below(ships_.size())]);
    if (random_.one_in(100)) depot_.rot();
  }
  found_ = fetch.found();
  if (found_) ++fetched_;
  else ++passed_over_;
}

/// A node begins with files that some node took, every byte of them, or with none.
void WorldShipping::check_files(const std::string& data) {
  for (const auto& entry : fs::recursive_directory_iterator(data))
    if (entry.is_regular_file() && !texts_.contains(text_of_file(entry.path())))
      broken_ = "a new node was given a file that nobody shipped: " + entry.path().string();
}

}  // namespace spate
