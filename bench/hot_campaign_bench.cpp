// One hot campaign in process, exactly once: dedupe, claim, stock, events; acknowledged when
// durable; batches formed by the engine. Burst: fits the dirty-row limit. Sustained: at least five
// times that limit, with checkpoints running.
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "engine/api/envelope.hpp"
#include "engine/app/engine.hpp"
#include "schemas/redemptions_generated.h"

using namespace spate;

namespace {

struct Options {
  uint64_t burst = 1'000'000;
  uint64_t sustained = 10'000'000;
  uint64_t memory_bytes = uint64_t{2} << 30;
  std::size_t batch = ProcessorLimits{}.batch_commands_max;
  std::string data = "/tmp/spate-hot-campaign-bench-" + std::to_string(getpid());
};

double cpu_seconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/// CPU seconds of each thread of this process, by its name.
std::map<std::string, double> cpu_by_thread() {
  std::map<std::string, double> sums;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream file(task.path() / "schedstat");
    std::ifstream comm(task.path() / "comm");
    std::string name;
    double ns = 0;
    if (std::getline(comm, name) && file >> ns) sums[name] += ns / 1e9;
  }
  return sums;
}

/// Plays the edge: builds each command as the HTTP door does after parsing, reads every answer.
class Sender {
 public:
  Sender(Mailbox& mailbox, const Topology& topology) : mailbox_(mailbox) {
    mailbox_.edge_bell = &bell_;
    const DomainPlace& place = *topology.find("redemptions");
    partition_ = topology.dense_index(Topology::partition_for(place, stream));
    payload_.Finish(redemptions::CreateOpen(payload_, 1'000'000'000));
    while (!send(1, "open")) drain();
    while (answered_ < sent_) drain();
  }
  bool redeem(uint64_t number) {
    char key[24] = "key-00000000000000000", claimant[24] = "claimant-000000000000";
    print(key + 4, 17, number);
    print(claimant + 9, 12, number);
    payload_.Clear();
    payload_.Finish(redemptions::CreateRedeem(payload_, payload_.CreateString(claimant, 21), 1));
    return send(2, {key, 21});
  }
  void drain() {
    bool any = false;
    mailbox_.processor_bell->ring();
    while (const auto message = mailbox_.replies.front()) {
      ReplyHead head;
      std::memcpy(&head, message->data(), sizeof head);
      ++answered_;
      if (head.answer == Answer::outcome &&
          outcome_of(message->subspan(reply_body_at)).kind() == envelope::Kind::accepted)
        ++accepted_;
      mailbox_.replies.pop();
      any = true;
    }
    if (!any) bell_.wait(1'000'000);  // as an edge thread: asleep until there are answers
  }
  void run(uint64_t first, uint64_t count) {
    for (uint64_t i = 0; i < count;) {
      if (redeem(first + i)) ++i;
      else drain();
      if ((i & 255) == 0 && mailbox_.replies.bytes_queued() > 0) drain();
      if ((i & 255) == 0) mailbox_.processor_bell->ring();
    }
    while (answered_ < sent_) drain();
  }
  uint64_t accepted() const { return accepted_; }

 private:
  static constexpr std::string_view stream = "hot";
  static void print(char* at, int digits, uint64_t number) {
    for (int i = digits - 1; i >= 0; --i, number /= 10)
      at[i] = static_cast<char>('0' + number % 10);
  }
  bool send(uint16_t type, std::string_view key) {
    CommandFields fields;
    fields.id = command_id("", "redemptions", stream, key);
    fields.type = type;
    fields.payload = {payload_.GetBufferPointer(), payload_.GetSize()};
    fields.fingerprint = xxh3_64(fields.payload);
    fields.stream = stream;
    fields.sender_key = key;
    const Bytes body = build_command(record_, fields);
    RequestHead head;
    head.ticket = sent_ + 1;
    head.id = fields.id;
    head.partition = partition_;
    uint8_t* at = mailbox_.requests.begin(sizeof head + body.size());
    if (at == nullptr) return false;
    std::memcpy(at, &head, sizeof head);
    std::memcpy(at + sizeof head, body.data(), body.size());
    mailbox_.requests.commit();
    ++sent_;
    return true;
  }

  Mailbox& mailbox_;
  ThreadBell bell_;
  uint32_t partition_;
  flatbuffers::FlatBufferBuilder payload_, record_;
  uint64_t sent_ = 0, answered_ = 0, accepted_ = 0;
};

/// One round on a fresh directory; false when not every redemption was accepted exactly once.
bool round(const char* name, uint64_t count, const Options& options, const Catalog& catalog) {
  std::filesystem::remove_all(options.data);
  Config config;
  config.data = options.data;
  config.memory_bytes = options.memory_bytes;
  config.processor.batch_commands_max = options.batch;
  SystemClock clock;
  auto engine =
      Engine::open(config, catalog, clock, [](const std::string& who, const Fault& fault) {
        std::fprintf(stderr, "%s: %s\n", who.c_str(), fault.detail.c_str());
        std::exit(1);
      });
  if (!engine) {
    std::fprintf(stderr, "%s\n", engine.error().detail.c_str());
    return false;
  }
  (*engine)->start();
  while (!(*engine)->ready()) std::this_thread::yield();
  Sender sender(*(*engine)->mailboxes()[0][0], (*engine)->log().topology());
  const double cpu = cpu_seconds();
  auto threads = cpu_by_thread();
  const int64_t begin = clock.monotonic_ns();
  sender.run(0, count);
  const double took_s = static_cast<double>(clock.monotonic_ns() - begin) / 1e9;
  const double cpu_s = cpu_seconds() - cpu;
  std::string by_thread;
  for (const auto& [thread, seconds] : cpu_by_thread()) {
    const double us = 1e6 * (seconds - threads[thread]) / static_cast<double>(count);
    if (us >= 0.01) by_thread += (by_thread.empty() ? "" : ",") + ("\"" + thread + "\":") + std::to_string(us).substr(0, 4);
  }
  const auto& home = static_cast<SegmentHome&>((*engine)->home());
  const SegmentWriterCounters& log = home.segment_log().counters();
  std::printf(
      "{\"bench\":\"hot_campaign\",\"round\":\"%s\",\"redemptions\":%lu,\"per_second\":%.0f,"
      "\"cpu_us_each\":%.2f,\"disk_bytes_each\":%.0f,\"records_per_sync\":%.0f,"
      "\"cpu_us_by_thread\":{%s}}\n",
      name, count, static_cast<double>(count) / took_s, 1e6 * cpu_s / static_cast<double>(count),
      static_cast<double>(log.stored_bytes) / static_cast<double>(count),
      static_cast<double>(log.records) / static_cast<double>(std::max<uint64_t>(1, log.syncs)),
      by_thread.c_str());
  (*engine)->drain();
  while (!(*engine)->drained()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const bool closed = (*engine)->close().has_value();
  std::filesystem::remove_all(options.data);
  return closed && sender.accepted() == count + 1;
}

}  // namespace

/// Read by jemalloc at start: tables of tens of megabytes are probed at random, and with small
/// pages most of a probe is the page walk (15 % of the CPU of a redemption).
extern "C" {
extern const char* const malloc_conf;
const char* const malloc_conf = "thp:always";
}

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const auto is = [&](const char* flag) { return std::strcmp(argv[i], flag) == 0; };
    if (is("--tiny")) options.burst = 2000, options.sustained = 4000;
    else if (is("--burst") && i + 1 < argc) options.burst = std::strtoull(argv[++i], nullptr, 10);
    else if (is("--sustained") && i + 1 < argc) options.sustained = std::strtoull(argv[++i], nullptr, 10);
    else if (is("--memory") && i + 1 < argc) options.memory_bytes = std::strtoull(argv[++i], nullptr, 10);
    else if (is("--batch") && i + 1 < argc) options.batch = std::strtoull(argv[++i], nullptr, 10);
    else if (is("--data") && i + 1 < argc) options.data = argv[++i];
    else
      return std::fprintf(stderr, "usage: hot_campaign_bench [--tiny] [--burst N] [--sustained N] "
                                  "[--memory BYTES] [--batch COMMANDS] [--data DIR]\n"), 2;
  }
  const auto catalog = Catalog::load(domains());
  if (!catalog) return std::fprintf(stderr, "%s\n", catalog.error().detail.c_str()), 2;
  const bool good = round("burst", options.burst, options, **catalog) &&
                    round("sustained", options.sustained, options, **catalog);
  if (!good) std::fprintf(stderr, "not every redemption was accepted exactly once\n");
  return good ? 0 : 1;
}
