// spate check: what could be wrong with this machine and directory, before the sale finds out.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <arpa/inet.h>

#include <filesystem>
#include <ostream>

#include "engine/app/config_memory.hpp"
#include "engine/app/config_units.hpp"
#include "engine/app/edge_limits.hpp"
#include "engine/app/open_files.hpp"
#include "engine/app/schema_record.hpp"
#include "engine/app/wanted_domains.hpp"
#include "engine/base/clock.hpp"
#include "engine/base/histogram.hpp"
#include "engine/cli/client.hpp"
#include "engine/cli/commands.hpp"
#include "engine/cli/server_flags.hpp"
#include "engine/edge/server.hpp"
#include "engine/log/move_mark.hpp"
#include "engine/log/posix_storage.hpp"
#include "engine/snapshots/snapshot_restore.hpp"

namespace spate::cli {
namespace {

enum class Health { good, doubtful, bad };

struct Finding {
  Health health;
  std::string what;
};

Finding check_directory(const std::string& data) {
  std::error_code error;
  std::filesystem::path at = std::filesystem::absolute(data, error);
  while (!at.empty() && !std::filesystem::exists(at, error)) at = at.parent_path();
  if (access(at.c_str(), W_OK | X_OK) != 0)
    return {Health::bad, at.string() + " may not be written by this user: choose another --data, or "
                                       "chown it"};
  return {Health::good, "data directory " + data + " may be written"};
}

/// What a start would refuse of the log that lies in the directory. Changes nothing; a log that is
/// there is held for a moment, so that it is known that nobody else has it.
Result<void> may_open_log(const Config& config) {
  TRY(const auto catalog, Catalog::load(domains()));
  TRY(const auto wanted, wanted_domains(config, *catalog));
  TRY(check_restored(config.data));
  std::error_code error;
  if (!std::filesystem::is_directory(config.data + "/log", error)) return {};
  TRY(const auto storage, PosixStorage::at(config.data + "/log"));
  const Result<Manifest> manifest = read_manifest(*storage);
  if (!manifest && manifest.error().code == "no_log") return {};  // somebody else's folder, even
  TRY(const auto lock, storage->lock());
  TRY(check_not_moved(*storage));
  TRY(check_manifest(*storage, wanted));
  return check_reads_schemas(config.data, *catalog);
}

Finding check_log(const Config& config) {
  if (!config.kafka.brokers.empty()) return {Health::good, "the log is on Kafka: not looked at"};
  if (config.data.empty()) return {Health::good, "no --data DIR: no log is looked at"};
  const Result<void> may = may_open_log(config);
  if (!may) return {Health::bad, may.error().detail};
  return {Health::good, "nobody uses the log, which is as these settings want it, or not there"};
}

Finding check_disk(const std::string& data, uint64_t free_min) {
  std::error_code error;
  std::filesystem::path at = std::filesystem::absolute(data, error);
  while (!at.empty() && !std::filesystem::exists(at, error)) at = at.parent_path();
  const auto space = std::filesystem::space(at, error);
  const std::string free = format_bytes(space.available >> 20 << 20) + " free on the disk";
  if (space.available < free_min)
    return {Health::bad, free + ", less than log.disk_free_min: commands would be refused"};
  if (space.available < 10 * free_min) return {Health::doubtful, free + ": the log grows for ever"};
  return {Health::good, free};
}

/// 50 writes of 4 KiB into a zeroed file, each with its fdatasync, as the log does it.
Finding check_sync(const std::string& data, const Clock& clock) {
  std::error_code error;
  const std::string directory = std::filesystem::is_directory(data, error) ? data : "/tmp";
  std::string path = directory + "/spate-check-XXXXXX";
  const int file = mkstemp(path.data());
  if (file < 0) return {Health::doubtful, "sync latency not measured: " + path + " cannot be made"};
  unlink(path.c_str());
  const std::string block(4096, '\0');
  Histogram took;
  bool failed = false;
  for (int i = 0; i < 50; ++i) failed |= pwrite(file, block.data(), block.size(), i * 4096) != 4096;
  failed |= fdatasync(file) != 0;
  for (int i = 0; i < 50 && !failed; ++i) {
    const int64_t start = clock.monotonic_ns();
    failed |= pwrite(file, block.data(), block.size(), i * 4096) != 4096 || fdatasync(file) != 0;
    took.record(clock.monotonic_ns() - start);
  }
  close(file);
  if (failed) return {Health::bad, "writing to " + directory + " fails: look at the disk"};
  const uint64_t p99_us = took.percentile(99) / 1000;
  const std::string text = "a sync in " + directory + " takes " +
                           std::to_string(took.percentile(50) / 1000) + " µs (p50), " +
                           std::to_string(p99_us) + " µs (p99)";
  if (p99_us > 20'000) return {Health::doubtful, text + ": every answer waits that long"};
  return {Health::good, text};
}

Finding check_clock(const Clock& clock) {
  constexpr int64_t year_2024_ns = int64_t{1'704'067'200} * 1'000'000'000;
  if (clock.wall().ns < year_2024_ns)
    return {Health::bad, "the clock is before 2024: set it, commands are stamped by it"};
  return {Health::good, "the clock is set"};
}

Finding check_port(const std::string& listen, bool insecure_dev) {
  const auto address = parse_listen(listen);
  if (!address) return {Health::bad, address.error().detail};
  const auto may = edge::Server::check({address->host, address->port}, insecure_dev);
  if (!may) return {Health::bad, may.error().detail};
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(address->port);
  if (inet_pton(AF_INET, address->host.c_str(), &to.sin_addr) != 1)
    return {Health::doubtful, "port not tried: " + address->host + " is no IPv4 address"};
  const int probe = socket(AF_INET, SOCK_STREAM, 0);
  const int yes = 1;
  setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const bool is_free = bind(probe, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  close(probe);
  if (!is_free) return {Health::bad, listen + " cannot be bound: in use, or not of this machine"};
  return {Health::good, listen + " is free"};
}

Finding check_memory(uint64_t memory) {
  const uint64_t limit = allowed_memory();
  const std::string text = "memory = " + format_bytes(memory) + " of " +
                           format_bytes(limit >> 20 << 20) + " that this machine or cgroup allows";
  if (!fits_memory(memory))
    return {Health::bad, text + ": lower --memory, 15 % above it must fit"};
  return {Health::good, text};
}

Finding check_edge(const Config& config) {
  const std::size_t files = raise_open_files();
  const EdgeLimitsHere here = edge_limits_here(config, files);
  if (here.lowered.empty())
    return {Health::good, std::to_string(files) + " files may be open, the limits of http hold"};
  std::string text;
  for (const std::string& lowered : here.lowered) text += (text.empty() ? "" : "; ") + lowered;
  return {Health::doubtful, std::move(text)};
}

class Check final : public Command {
 public:
  std::string_view name() const override { return "check"; }
  std::string_view summary() const override { return "Say what is wrong with this machine, or that nothing is"; }
  std::string_view lesson() const override {
    return "Looks at settings, data directory and its log (who uses it, what it was made as), disk, sync\n"
           "latency, clock, port, memory (of the machine and of its cgroup) and open files, as `spate\n"
           "serve` with the same flags would meet them.\n"
           "Exit 0 when a server can start and stay up, 2 when it cannot.\n"
           "Example:\n"
           "  spate check --data ./data --memory 8GiB";
  }
  std::vector<Option> options() override {
    std::vector<Option> all = flags_.options();
    all.push_back(output_option(output_));
    return all;
  }

  int run(Console& console) override {
    const Result<LoadedConfig> loaded = flags_.load(console);
    if (!loaded) return tell(loaded.error(), console);
    const Config& config = loaded->config;
    const std::string data = config.data.empty() ? "." : config.data;
    const SystemClock clock;
    const Finding findings[] = {check_directory(data),
                                check_log(config),
                                check_disk(data, config.log.disk_free_bytes_min),
                                check_sync(data, clock),
                                check_clock(clock),
                                check_port(config.listen, config.insecure_dev),
                                check_memory(config.memory_bytes),
                                check_edge(config)};
    JsonValue list = list_value();
    bool can_start = true;
    for (const Finding& finding : findings) {
      const char* mark = finding.health == Health::good ? "ok"
                         : finding.health == Health::bad ? "BAD"
                                                         : "look";
      list.items.push_back(
          object_value({{"health", text_value(mark)}, {"what", text_value(finding.what)}}));
      can_start = can_start && finding.health != Health::bad;
    }
    print(list, output_, console.out);
    return can_start ? exit_done : exit_usage;
  }

 private:
  ServerFlags flags_;
  std::string output_ = "table";
};

}  // namespace

std::unique_ptr<Command> check_command() { return std::make_unique<Check>(); }

}  // namespace spate::cli
