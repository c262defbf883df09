// A data directory, a depot and a log to ship for; a depot that ends the process's work at a call.
#pragma once
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "engine/shipping/checkpoint_fetch.hpp"
#include "engine/shipping/checkpoint_shipper.hpp"
#include "engine/shipping/directory_depot.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/virtual_clock.hpp"

namespace spate {

inline void write_file(const std::string& path, const std::string& text) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << text;
}
inline std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Passes on to a real one; every call counts, and from number `fails_from` on each is refused.
class FailingDepot final : public Depot {
 public:
  explicit FailingDepot(Depot& to) : to_(to) {}
  std::string name() const override { return to_.name(); }
  Result<std::vector<Object>> list(const std::string& folder) override {
    TRY(call());
    return to_.list(folder);
  }
  Result<std::unique_ptr<Writer>> write(const std::string& name) override {
    TRY(call());
    TRY(auto writer, to_.write(name));
    return std::make_unique<FailingWriter>(*this, std::move(writer));
  }
  Result<std::unique_ptr<Reader>> read(const std::string& name) override {
    TRY(call());
    return to_.read(name);
  }
  Result<void> remove(const std::string& name) override {
    TRY(call());
    return to_.remove(name);
  }
  Result<bool> renew(const std::string& name, uint64_t bytes) override {
    TRY(call());
    return to_.renew(name, bytes);
  }

  uint64_t calls = 0;
  uint64_t fails_from = ~uint64_t{0};

 private:
  struct FailingWriter final : Writer {
    FailingWriter(FailingDepot& depot, std::unique_ptr<Writer> to)
        : depot_(depot), to_(std::move(to)) {}
    Result<void> append(Bytes bytes) override {
      TRY(depot_.call());
      return to_->append(bytes);
    }
    Result<void> publish() override {
      TRY(depot_.call());
      return to_->publish();
    }
    FailingDepot& depot_;
    std::unique_ptr<Writer> to_;
  };
  Result<void> call() {
    if (calls++ < fails_from) return {};
    return stop("depot_failed", "the depot is gone");
  }
  Depot& to_;
};

class Shipping : public testing::Test {
 protected:
  static constexpr Hash128 log{7, 8};
  static constexpr int64_t second = 1'000'000'000;

  Shipping() {
    std::filesystem::create_directories(depot_path());
    clock.advance_ns(3600 * second);
  }
  std::string depot_path() const { return folder.path() + "/depot"; }
  std::string data(const std::string& node) const { return folder.path() + "/" + node; }

  CheckpointShipper::Parts shipper_parts(Depot& depot) {
    CheckpointShipper::Parts parts;
    parts.depot = &depot;
    parts.clock = &clock;
    parts.log = log;
    parts.incarnation = 1;
    parts.folder = data("first") + "/shipped";
    parts.may_ship = [this] { return may_ship; };
    parts.settle = [this] { ++settled; };
    parts.take = [this, to = parts.folder]() -> Result<ShippedCheckpoint> {
      for (const auto& [path, text] : files) write_file(to + "/" + path, text);
      ShippedCheckpoint taken;
      taken.by = "first";
      taken.partitions.push_back(
          {"orders", {1, 0}, position + 1, position, {1}, {uint64_t(position)}, 5, {}, {}, {}});
      return taken;
    };
    parts.verify = [this](const std::string& path) -> Result<void> {
      if (rotten.empty() || !path.ends_with(rotten)) return {};
      return stop("snapshot_failed", path + " is rotten");
    };
    parts.tell = [this](const std::string& what) { told += what + "\n"; };
    parts.limits = limits;
    return parts;
  }
  /// Steps until it has shipped or failed once more, or found no news.
  void ship(CheckpointShipper& shipper) {
    const ShippingStats& stats = shipper.stats();
    const auto done = [&] { return stats.checkpoints.get() + stats.failed.get(); };
    const uint64_t before = done();
    const int64_t until = clock.monotonic_ns() + 3 * limits.interval_ns;
    while (clock.monotonic_ns() < until && (done() == before || !rests(shipper)))
      if (shipper.step() == Step::blocked) clock.advance_ns(second / 20);
  }
  static bool rests(CheckpointShipper& shipper) { return shipper.step() == Step::blocked; }

  CheckpointFetch::Parts fetch_parts(Depot& depot, const std::string& node) {
    CheckpointFetch::Parts parts;
    parts.depot = &depot;
    parts.data = data(node);
    parts.log = log;
    parts.incarnation = 1;
    parts.misfit = [this](const ShippedPartition& p) -> Result<std::string> {
      return p.tail_offset >= log_end ? "it is ahead of the log" : std::string();
    };
    parts.tell = [this](const std::string& what) { told += what + "\n"; };
    return parts;
  }
  /// What a new node has in the end; a fault: it stopped.
  std::optional<ShippedCheckpoint> fetch(Depot& depot, const std::string& node) {
    std::filesystem::create_directories(data(node));
    CheckpointFetch fetch(fetch_parts(depot, node));
    for (Result<bool> done = false; !*done;) {
      done = fetch.step();
      EXPECT_TRUE(done) << done.error().detail;
      if (!done) break;
    }
    return fetch.found();
  }
  std::string in(const std::string& node, const std::string& path) const {
    return read_file(data(node) + "/" + path);
  }

  TemporaryFolder folder;
  VirtualClock clock;
  ShippingLimits limits;
  std::map<std::string, std::string> files{{"rows/1.sst", "rows one"},
                                           {"views/1/2.sst", "views one"},
                                           {"ids/orders-0/run-1.ids", "ids one"},
                                           {"kafka/kafka-1-0.0", "note one"}};
  int64_t position = 10, log_end = 1000;
  bool may_ship = true;
  int settled = 0;
  std::string rotten, told;
};

}  // namespace spate
