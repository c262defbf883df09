// The configuration of a shipper.
#include "engine/app/checkpoint_shipping.hpp"

namespace spate {
namespace {

CheckpointShipper::Parts parts_of(const Config& config, const CheckpointSource::Parts& given,
                                  CheckpointSource& source, Depot& depot, const Clock& clock,
                                  std::function<void()> settle,
                                  std::function<void(const std::string&)> tell) {
  CheckpointShipper::Parts parts;
  parts.depot = &depot;
  parts.clock = &clock;
  parts.log = given.home->log().identity().id;
  parts.incarnation = given.home->log().identity().incarnation;
  parts.folder = taken_folder(config.data);
  parts.may_ship = [cluster = given.home->cluster()] { return cluster->owns_first(); };
  parts.settle = std::move(settle);
  parts.take = [&source, folder = parts.folder] { return source.take(folder); };
  parts.verify = CheckpointSource::verify;
  parts.tell = std::move(tell);
  parts.limits.interval_ns = config.checkpoints.interval_ms * 1'000'000;
  parts.limits.keep = config.checkpoints.keep;
  parts.limits.bytes_per_second_max = config.checkpoints.rate_bytes_max;
  return parts;
}

}  // namespace

CheckpointShipping::CheckpointShipping(const Config& config, CheckpointSource::Parts source,
                                       const Clock& clock, std::function<void()> settle,
                                       std::function<void(const std::string&)> tell)
    : source_(source),
      depot_(config.checkpoints.directory),
      shipper_(parts_of(config, source, source_, depot_, clock, std::move(settle),
                        std::move(tell))) {}

void CheckpointShipping::add_metrics(const Clock& clock, std::vector<Sample>& out) const {
  const ShippingStats& stats = shipper_.stats();
  const auto number = [](const Counter& counter) { return static_cast<double>(counter.get()); };
  out.push_back({Metric::checkpoints_shipped, {}, number(stats.checkpoints)});
  out.push_back({Metric::checkpoints_failed, {}, number(stats.failed)});
  out.push_back({Metric::checkpoints_sent_bytes, {}, number(stats.bytes)});
  const double now_ms = static_cast<double>(clock.wall().ns) / 1e6;
  if (const double at_ms = number(stats.shipped_at_ms); at_ms > 0)
    out.push_back({Metric::checkpoints_age, {}, (now_ms - at_ms) / 1e3});
}

}  // namespace spate
