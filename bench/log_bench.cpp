// Durable append of 256-byte records from 64 producers through the segment log, against raw
// pwrite + fdatasync of the same bytes in the same groups into a file filled with zeros before.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <thread>
#include <vector>

#include "engine/base/clock.hpp"
#include "engine/log/posix_storage.hpp"
#include "engine/log/segment_log.hpp"

using namespace spate;

namespace {

constexpr std::size_t producers = 64;
constexpr std::size_t record_bytes = 256;
constexpr std::size_t body_bytes = record_bytes - sizeof(RecordHead);

struct Options {
  bool tiny = false;
  int rounds = 15;
  uint64_t turns = 500;  ///< each appends one record of every producer
  std::string data = "/tmp/spate-log-bench-" + std::to_string(getpid());
};

struct Round {
  double records_per_second = 0;
  uint64_t stored_bytes = 0;
  uint64_t syncs = 0;
};

double seconds_since(int64_t begin_ns) {
  return static_cast<double>(SystemClock().monotonic_ns() - begin_ns) / 1e9;
}

/// Not to be packed: noise, so that both sides move the same bytes.
std::vector<uint8_t> noise(std::size_t bytes) {
  std::vector<uint8_t> out(bytes);
  uint64_t state = 88172645463325252ull;
  for (uint8_t& byte : out) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    byte = static_cast<uint8_t>(state);
  }
  return out;
}

void fail(const Fault& fault) {
  std::fprintf(stderr, "%s: %s\n", fault.code.c_str(), fault.detail.c_str());
  std::exit(1);
}

/// 64 producers who all wait for their record: their appends meet in one group, one sync a turn.
Round through_log(const Options& options) {
  std::filesystem::remove_all(options.data);
  auto storage = PosixStorage::at(options.data);
  if (!storage) fail(storage.error());
  SystemClock clock;
  SegmentLogOptions log_options;
  log_options.domains = {{"bench", producers}};
  const uint64_t bytes =
      aligned_up(options.turns * (producers * record_bytes + 8192) + (4 << 20), block_bytes);
  log_options.limits.preparer.segment_bytes = bytes;  // one segment: rolls are not the question
  log_options.limits.preparer.first_segment_bytes = bytes;
  log_options.limits.preparer.disk_free_bytes_min = 0;
  auto log = SegmentLog::open(**storage, clock, std::move(log_options));
  if (!log) fail(log.error());
  const auto payload = noise(body_bytes * producers);
  const auto turn = [&](uint64_t number) {
    for (uint16_t i = 0; i < producers; ++i) {
      const PartitionId id{1, i};
      auto batch = std::make_shared<RecordBatch>(id, LogSide::commands);
      batch->add(number, {1}, Bytes(payload).subspan(i * body_bytes, body_bytes));
      if ((*log)->append_commands(id, std::move(batch)) == Taken::full) std::abort();
    }
    while ((*log)->poll({1, producers - 1}).cause.value < number) {
      if (auto step = (*log)->write_step(); !step) fail(step.error());
      if ((*log)->poll({1, producers - 1}).cause.value == 0)
        while (*(*log)->prepare_step() == Step::worked) continue;
    }
  };
  turn(1);  // opens the segment
  const uint64_t stored_before = (*log)->counters().stored_bytes;
  const uint64_t syncs_before = (*log)->counters().syncs;
  const int64_t begin = clock.monotonic_ns();
  for (uint64_t i = 0; i < options.turns; ++i) turn(2 + i);
  Round round;
  round.records_per_second = static_cast<double>(options.turns * producers) / seconds_since(begin);
  round.stored_bytes = (*log)->counters().stored_bytes - stored_before;
  round.syncs = (*log)->counters().syncs - syncs_before;
  for (uint16_t i = 0; i < producers; ++i)
    if ((*log)->poll({1, i}).cause.value != options.turns + 1) std::abort();
  if (auto closed = (*log)->close(); !closed) fail(closed.error());
  return round;
}

/// The same groups, already made, at the speed of the disk.
Round raw(const Options& options, std::size_t group_size) {
  std::filesystem::remove_all(options.data);
  auto storage = PosixStorage::at(options.data);
  if (!storage) fail(storage.error());
  auto file = (*storage)->open("raw", OpenMode::create);
  if (!file) fail(file.error());
  const std::vector<uint8_t> zeros(1 << 20);
  const auto group = noise(group_size);
  for (uint64_t at = 0; at < options.turns * group_size; at += zeros.size())
    if (auto written = (*file)->write(at, zeros); !written) fail(written.error());
  if (auto synced = (*file)->sync(); !synced) fail(synced.error());
  SystemClock clock;
  const int64_t begin = clock.monotonic_ns();
  for (uint64_t i = 0; i < options.turns; ++i) {
    if (auto written = (*file)->write(i * group_size, group); !written) fail(written.error());
    if (auto synced = (*file)->sync(); !synced) fail(synced.error());
  }
  Round round;
  round.records_per_second = static_cast<double>(options.turns * producers) / seconds_since(begin);
  round.stored_bytes = options.turns * group_size;
  round.syncs = options.turns;
  return round;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--tiny") {
      options.tiny = true;
      options.rounds = 1;
      options.turns = 50;
    } else if (argument.starts_with("--data=")) {
      options.data = argument.substr(7);
    } else {
      std::fprintf(stderr, "usage: log_bench [--tiny] [--data=DIRECTORY]\n");
      return 2;
    }
  }
  if (options.tiny) options.data += "-tiny";
  std::vector<double> ours, theirs, ratios;
  std::printf("%-8s %16s %16s %8s %14s %10s\n", "round", "log records/s", "raw records/s", "ratio",
              "bytes a record", "syncs");
  for (int r = 0; r < options.rounds; ++r) {
    const Round log = through_log(options);
    const std::size_t group_size = log.stored_bytes / options.turns;
    const Round limit = raw(options, aligned_up(group_size, block_bytes));
    ours.push_back(log.records_per_second);
    theirs.push_back(limit.records_per_second);
    ratios.push_back(log.records_per_second / limit.records_per_second);
    std::printf(
        "%-8d %16.0f %16.0f %8.3f %14.1f %10lu\n", r + 1, ours.back(), theirs.back(), ratios.back(),
        static_cast<double>(log.stored_bytes) / static_cast<double>(options.turns * producers),
        static_cast<unsigned long>(log.syncs));
  }
  std::filesystem::remove_all(options.data);
  const auto [least, most] = std::minmax_element(ratios.begin(), ratios.end());
  std::printf(
      "{\"bench\":\"append\",\"producers\":%zu,\"record_bytes\":%zu,\"log_per_second\":%.0f,"
      "\"raw_per_second\":%.0f,\"ratio\":%.3f,\"ratio_min\":%.3f,\"ratio_max\":%.3f}\n",
      producers, record_bytes, median(ours), median(theirs), median(ratios), *least, *most);
  return 0;
}
