// Rebuilding all views of a log of redemptions, beside one pass over the same log that reads,
// checks and decodes it. bench/rebuild.sh puts PostgreSQL beside both.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>

#include "engine/api/envelope.hpp"
#include "engine/app/config_memory.hpp"
#include "engine/app/engine.hpp"
#include "engine/app/log_fold.hpp"
#include "engine/app/projected_domains.hpp"
#include "engine/app/stopped_log.hpp"
#include "engine/base/behind.hpp"
#include "engine/log/log_walk.hpp"
#include "engine/projector/rocks_views.hpp"
#include "schemas/redemptions_generated.h"
#include "tests/support/fold_beside.hpp"

using namespace spate;

namespace {

constexpr uint64_t campaigns = 8;
constexpr uint16_t open_type = 1, redeem_type = 2;
constexpr uint8_t campaign_view = 1;

struct Options {
  uint64_t outcomes = 20'000'000;
  std::string data = "/tmp/spate-rebuild-bench-" + std::to_string(getpid());
  bool keeps = false;   ///< `data` is used again, and left
  bool returning = false;  ///< claimants come twice, at random: half of the claims lie in the store
  uint64_t memory_mib = 2048;  ///< as the server's --memory: of it come the shares of a rebuild
  bool alone = false;   ///< as with a budget below 100: the thread that folds writes, too
  bool rows = false;    ///< print what the log holds as rows, for others
};

/// Who redeems as the n-th, in no order.
struct Redemption {
  Redemption(uint64_t n, const Options& options)
      : campaign("campaign-" + std::to_string(n % campaigns)), claimant("claimant-") {
    const uint64_t mixed = (n * 0x9e3779b1) & 0xffff'ffff;  // odd: nobody twice
    claimant += std::to_string(options.returning ? mixed % (options.outcomes / 2 + 1) : mixed);
  }
  std::string campaign, claimant;
};

double cpu_seconds(int who) {
  rusage usage;
  getrusage(who, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

class Stopwatch {
 public:
  double wall() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
  }
  double cpu() const { return cpu_seconds(RUSAGE_SELF) - cpu_; }
  double thread_cpu() const { return cpu_seconds(RUSAGE_THREAD) - thread_cpu_; }

 private:
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  const double cpu_ = cpu_seconds(RUSAGE_SELF), thread_cpu_ = cpu_seconds(RUSAGE_THREAD);
};

/// Plays the edge of an engine: commands in, answers dropped.
class Sender {
 public:
  explicit Sender(Engine& engine)
      : topology_(engine.log().topology()), place_(*topology_.find("redemptions")) {
    for (Mailbox* mailbox : engine.mailboxes()[0]) {
      mailbox->edge_bell = &bell_;
      mailboxes_.push_back(mailbox);
    }
  }
  void send(uint16_t type, const std::string& stream, const std::string& key) {
    CommandFields fields;
    fields.id = command_id("", "redemptions", stream, key);
    fields.type = type;
    fields.payload = {payload.GetBufferPointer(), payload.GetSize()};
    fields.fingerprint = xxh3_64(fields.payload);
    fields.stream = stream;
    fields.sender_key = key;
    const Bytes body = build_command(record_, fields);
    RequestHead head;
    head.ticket = ++sent_;
    head.id = fields.id;
    head.partition = topology_.dense_index(Topology::partition_for(place_, stream));
    Mailbox& mailbox = *mailboxes_[head.partition % mailboxes_.size()];
    uint8_t* at = nullptr;
    while ((at = mailbox.requests.begin(sizeof head + body.size())) == nullptr) drain();
    std::memcpy(at, &head, sizeof head);
    std::memcpy(at + sizeof head, body.data(), body.size());
    mailbox.requests.commit();
    if (sent_ % 256 == 0) drain();
  }
  void finish() {
    while (answered_ < sent_) drain();
  }
  flatbuffers::FlatBufferBuilder payload;

 private:
  void drain() {
    bool any = false;
    for (Mailbox* mailbox : mailboxes_) {
      mailbox->processor_bell->ring();
      while (mailbox->replies.front()) {
        mailbox->replies.pop();
        ++answered_;
        any = true;
      }
    }
    if (!any) bell_.wait(1'000'000);
  }

  const Topology topology_;
  const DomainPlace& place_;
  std::vector<Mailbox*> mailboxes_;
  ThreadBell bell_;
  flatbuffers::FlatBufferBuilder record_;
  uint64_t sent_ = 0, answered_ = 0;
};

void ensure(const Result<void>& result) {
  if (result) return;
  std::fprintf(stderr, "%s\n", result.error().detail.c_str());
  std::exit(1);
}

/// Decided by the engine as it is.
void make_log(const Options& options, const Catalog& catalog) {
  Config config;
  config.data = options.data;
  SystemClock clock;
  auto engine = Engine::open(config, catalog, clock, [](const std::string&, const Fault& fault) {
    std::fprintf(stderr, "%s\n", fault.detail.c_str());
    std::_Exit(1);
  });
  if (!engine) return ensure(tl::unexpected(engine.error()));
  Sender sender(**engine);
  (*engine)->start();
  while (!(*engine)->ready()) usleep(1000);
  for (uint64_t n = 0; n < campaigns; ++n) {
    sender.payload.Clear();
    sender.payload.Finish(redemptions::CreateOpen(sender.payload, 1'000'000'000, 1'000'000));
    sender.send(open_type, "campaign-" + std::to_string(n), "open");
  }
  for (uint64_t n = 0; n < options.outcomes; ++n) {
    const Redemption one(n, options);
    sender.payload.Clear();
    sender.payload.Finish(redemptions::CreateRedeem(
        sender.payload, sender.payload.CreateString(one.claimant), 1));
    sender.send(redeem_type, one.campaign, "key-" + std::to_string(n));
  }
  sender.finish();
  (*engine)->drain();
  while (!(*engine)->drained()) usleep(1000);
  ensure((*engine)->close());
}

/// What was written is on disk, and none of it in the page cache.
void make_cold(const std::string& folder) {
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    const int fd = ::open(file.path().c_str(), O_RDONLY);
    if (fd < 0) continue;
    ::fsync(fd);
    ::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    ::close(fd);
  }
}

struct Walked {
  double rate = 0;
  uint64_t outcomes = 0;
};
Walked walk(const std::string& data) {
  const auto storage = std::move(*PosixStorage::at(data + "/log"));
  make_cold(data + "/log");
  const Stopwatch watch;
  uint64_t accepted = 0;
  LogVisitor visitor;
  visitor.record = [&](const RecordView& record, const RecordPlace&) {
    if (record.head.side != LogSide::outcomes) return;
    const envelope::Outcome& outcome = outcome_of(record.body);
    if (outcome.kind() == envelope::Kind::accepted) accepted += outcome.events()->size();
  };
  const auto walked = walk_log(*storage, visitor);
  if (!walked) ensure(tl::unexpected(walked.error()));
  const double rate = static_cast<double>(walked->outcomes) / watch.wall();
  std::printf("read, checked, decoded, cold   %9.0f outcomes/s, %5.0f MB/s, %9.0f a CPU-second\n",
              rate, static_cast<double>(walked->stored_bytes) / watch.wall() / 1e6,
              static_cast<double>(walked->outcomes) / watch.cpu());
  ENSURE(accepted == walked->outcomes);
  return {rate, walked->outcomes};
}

/// Of all campaigns, as their views say.
uint64_t redeemed(ProjectedViews& views, const Topology& topology) {
  uint64_t sum = 0;
  std::string value;
  for (uint64_t n = 0; n < campaigns; ++n) {
    const std::string stream = "campaign-" + std::to_string(n);
    const PartitionId id = Topology::partition_for(*topology.find("redemptions"), stream);
    ENSURE(*views.get({id, campaign_view, stream, {}}, value));
    sum += flatbuffers::GetRoot<redemptions::Campaign>(value.data())->redeemed();
  }
  return sum;
}

/// As a rebuild does with the whole of a core: one thread folds, another one writes.
double rebuild(const Options& options, uint64_t count, const Catalog& catalog) {
  const auto opened = StoppedLog::open(options.data);
  if (!opened) ensure(tl::unexpected(opened.error()));
  Log& log = (*opened)->log();
  const ScratchFolder scratch(options.data + "/rebuilt");
  make_cold(options.data + "/log");
  const MemoryCut memory = cut_memory(options.memory_mib << 20);
  const auto store = std::move(*RocksViews::open(
      scratch.path(),
      {.block_cache_bytes = memory.block_cache_bytes / 2 - memory.write_buffer_bytes / 2,
       .write_buffer_bytes = memory.rebuild_bytes / 8,
       .filter_bytes = memory.view_filter_bytes / 2}));  // another generation serves
  store->run_behind(100);
  go_behind();
  const Stopwatch watch;
  ProjectedViews views(log.topology(), projected_domains(log.topology(), catalog), *store);
  Projector projector(log, views, log.topology().partitions(),
                      {.dirty_bytes_max = memory.rebuild_bytes / 4 * 3,
                       .filled_eighths = std::size_t{options.alone ? 7u : 6u},
                       .oldest_first = true});
  ENSURE(projector.open().has_value());
  const auto writer = std::make_shared<ViewCheckpointer>(views);
  ensure(fold_beside(projector, writer, !options.alone));
  const double folded = watch.wall();
  while (!projector.freeze_all()) ENSURE(writer->step().has_value());
  ensure(store->flush());
  const auto outcomes = static_cast<double>(count);
  const double rate = outcomes / watch.wall();
  std::printf("all views rebuilt, cold, stored %9.0f outcomes/s (%.0f until folded), "
              "%9.0f a CPU-second of the folding thread, %9.0f of all threads\n",
              rate, outcomes / folded, outcomes / watch.thread_cpu(), outcomes / watch.cpu());
  const double stored_cpu = watch.cpu();
  while (*store->arrange() == Step::worked) usleep(1'000);
  std::printf("put in order for reads in %.1f CPU-s; all of it %9.0f a CPU-second\n",
              watch.cpu() - stored_cpu, outcomes / watch.cpu());
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  std::printf("memory at its peak %lu MiB, of %lu\n", usage.ru_maxrss / 1024, options.memory_mib);
  ENSURE(redeemed(views, log.topology()) == count - campaigns);
  return rate;
}

void print_rows(const Options& options) {
  for (uint64_t n = 0; n < options.outcomes; ++n) {
    const Redemption one(n, options);
    const uint64_t serial = n / campaigns + 1;
    std::printf("%s\t%s\t1\t%lu\t%lu\t%lu\n", one.campaign.c_str(), one.claimant.c_str(),
                1'000'000'000 - serial, serial, 1'700'000'000'000'000'000 + n);
  }
}

}  // namespace

/// As the server has it: read by jemalloc at start.
extern "C" {
extern const char* const malloc_conf;
const char* const malloc_conf = "thp:always";
}

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const bool has_value = i + 1 < argc;
    if (!std::strcmp(argv[i], "--tiny")) options.outcomes = 20'000;
    else if (!std::strcmp(argv[i], "--rows")) options.rows = true;
    else if (!std::strcmp(argv[i], "--returning")) options.returning = true;
    else if (!std::strcmp(argv[i], "--alone")) options.alone = true;
    else if (!std::strcmp(argv[i], "--outcomes") && has_value)
      options.outcomes = std::strtoull(argv[++i], nullptr, 10);
    else if (!std::strcmp(argv[i], "--memory-mib") && has_value)
      options.memory_mib = std::strtoull(argv[++i], nullptr, 10);
    else if (!std::strcmp(argv[i], "--data") && has_value)
      options.data = argv[++i], options.keeps = true;
    else return std::fprintf(stderr, "usage: %s [--tiny] [--outcomes N] [--data DIR] [--memory-mib N] "
                             "[--returning] [--alone] [--rows]\n", argv[0]), 2;
  }
  if (options.rows) return print_rows(options), 0;
  const auto catalog = std::move(*Catalog::load(domains()));
  if (!std::filesystem::exists(options.data + "/log")) make_log(options, *catalog);
  const Walked read = walk(options.data);
  const double rebuilt = rebuild(options, read.outcomes, *catalog);
  std::printf("%lu outcomes, rebuilt / read: %.2f\n", read.outcomes, rebuilt / read.rate);
  if (!options.keeps) std::filesystem::remove_all(options.data);
  return 0;
}
