// LoadRun: plays a plan against a server, open loop: commands go out when due, whatever is
// answered.
#pragma once
#include <functional>
#include <queue>

#include "engine/base/clock.hpp"
#include "engine/cli/load_ledger.hpp"
#include "engine/cli/load_plan.hpp"
#include "engine/edge/http_client.hpp"

namespace spate::cli {

class LoadRun {
 public:
  LoadRun(const LoadOptions& options, const LoadPlan& plan, edge::ServerAddress server,
          const Clock& clock);

  /// Until every command has its end. `progress` is called some times a second.
  void run(const std::function<void()>& progress);

  const LoadLedger& ledger() const { return ledger_; }
  uint64_t sent() const { return sent_; }
  int64_t elapsed_ns() const { return clock_.monotonic_ns() - start_ns_; }

 private:
  static constexpr uint32_t attempts_max = 20;
  static constexpr int64_t retry_after_ns = 250'000'000;

  /// Commands of one request: one, or a batch.
  struct Package {
    uint64_t first = 0;
    uint64_t count = 1;
    uint32_t attempts = 0;
    int64_t again_ns = 0;
    bool operator>(const Package& other) const { return again_ns > other.again_ns; }
  };
  void send(Package package);
  edge::ClientRequest single(uint64_t index) const;
  edge::ClientRequest batch(const Package& package) const;
  void answered(Package package, Result<edge::ClientResponse>&& response);
  void take_single(const Package& package, const edge::ClientResponse& response);
  void take_batch(const Package& package, const edge::ClientResponse& response);
  void take_line(uint64_t index, std::string_view line);
  void again_or(Package package, std::string_view outcome);
  void decided(uint64_t index, std::string_view outcome, std::string_view answer);
  std::string key_of(uint64_t index) const;
  std::string body_of(uint64_t index) const;
  bool send_due(int64_t now_ns);

  const LoadOptions& options_;
  const LoadPlan& plan_;
  const Clock& clock_;
  const std::string key_prefix_;
  const std::string path_;
  edge::HttpConnections connections_;
  LoadLedger ledger_;
  std::priority_queue<Package, std::vector<Package>, std::greater<>> later_;
  std::vector<int64_t> sent_ns_;  // without a rate: a command is due when it is first sent
  uint64_t next_ = 0;
  uint64_t sent_ = 0;
  int64_t start_ns_ = 0;
};

}  // namespace spate::cli
