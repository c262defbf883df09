// The life of a server: open, run until a signal or a fault, end in order.
#include "engine/app/serve.hpp"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <thread>
#include <utility>

#include "engine/app/edge_limits.hpp"
#include "engine/app/edge_metrics.hpp"
#include "engine/app/engine.hpp"
#include "engine/app/engine_metrics.hpp"
#include "engine/app/kafka_home.hpp"
#include "engine/app/open_files.hpp"
#include "engine/app/operator_door.hpp"
#include "engine/app/projected_domains.hpp"
#include "engine/app/start_wait.hpp"
#include "engine/codec/openapi.hpp"
#include "engine/edge/server.hpp"
#include "engine/replay/past_fold.hpp"
#include "engine/telemetry/json_log.hpp"

namespace spate {
namespace {

constexpr int exit_refused = 2;
constexpr int exit_stopped = 5;
constexpr int64_t poll_ns = 5'000'000;

/// SIGTERM, SIGINT as something to wait for; blocked in every thread made after it.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    signal(SIGPIPE, SIG_IGN);
  }
  /// True when one came within `timeout_ns`.
  bool wait(int64_t timeout_ns) const {
    const timespec timeout{timeout_ns / 1'000'000'000, timeout_ns % 1'000'000'000};
    return sigtimedwait(&set_, nullptr, &timeout) > 0;
  }

 private:
  sigset_t set_;
};

/// Until `holds`; the watchdog bounds it.
template <class Condition>
void await(Condition holds) {
  while (!holds()) std::this_thread::sleep_for(std::chrono::nanoseconds(poll_ns));
}

class Service {
 public:
  explicit Service(const Config& config)
      : config_(config), log_(STDOUT_FILENO, level_of(config), clock_) {}
  int run();

 private:
  static LogLevel level_of(const Config& config) {
    LogLevel level = LogLevel::info;
    from_text(config.log_level, level);
    return level;
  }
  Result<void> open();
  Result<std::unique_ptr<LogHome>> join_kafka(const HostPort& address);
  edge::EdgeContext context();
  void start();
  void await_signal();
  Result<void> end();
  void hand_over();
  void watch_the_end();
  int refuse(const Fault& fault);
  bool is_ready() const;
  edge::Probe readiness() const;
  void tell_start() const;
  void on_fault(const std::string& thread, const Fault& fault);

  const Config config_;
  const std::size_t files_ = raise_open_files();
  EdgeLimitsHere edge_limits_;
  SystemClock clock_;
  Signals signals_;
  mutable JsonLog log_;
  std::unique_ptr<Runner> log_runner_;
  Metrics metrics_;
  std::unique_ptr<Catalog> catalog_;
  std::unique_ptr<EdgeMetrics> edge_metrics_;
  std::unique_ptr<StartWait> wait_;  // until the door opens; null: the log is this node's own
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<LogPast> past_;
  std::unique_ptr<LiveSnapshots> snapshots_;
  std::unique_ptr<OperatorDoor> operator_door_;
  std::unique_ptr<edge::Server> server_;
  std::vector<std::thread> edge_threads_;
  std::thread watchdog_;
  std::string openapi_;
  std::atomic<bool> ending_{false}, ended_{false}, told_ready_{false};
  bool joined_ = false;  // a start that is refused late has not been elected to anything
};

int Service::refuse(const Fault& fault) {
  log_.write(LogLevel::error, "app", fault.detail, {{"error_code", fault.code}});
  log_.step();
  std::fprintf(stderr, "spate serve: %s\n", fault.detail.c_str());
  return exit_refused;
}

/// A component cannot go on: nothing more is acknowledged; the next start recovers from the log.
void Service::on_fault(const std::string& thread, const Fault& fault) {
  log_.write(LogLevel::error, thread, fault.detail, {{"error_code", fault.code}});
  log_.step();
  std::fprintf(stderr, "spate serve: stopped by %s: %s\n", thread.c_str(), fault.detail.c_str());
  _exit(exit_stopped);
}

Result<void> Service::open() {
  TRY(validate(config_));
  edge_limits_ = edge_limits_here(config_, files_);
  TRY(const HostPort address, parse_listen(config_.listen));
  const edge::ListenAddress listen{address.host, address.port};
  TRY(edge::Server::check(listen, config_.insecure_dev));
  TRY(catalog_, Catalog::load(domains()));
  openapi_ = openapi_document(*catalog_, SPATE_VERSION);
  std::unique_ptr<LogHome> home;
  if (!config_.kafka.brokers.empty()) {
    TRY(home, join_kafka(address));
    if (home == nullptr) return {};  // told to end while it waited
  }
  auto opened = Engine::open(
      config_, *catalog_, clock_, [this](const std::string& t, const Fault& f) { on_fault(t, f); },
      [this](const std::string& what) { log_.write(LogLevel::warn, "state", what); },
      std::move(home));
  if (wait_ != nullptr && wait_->told_to_end()) return {};
  TRY(engine_, std::move(opened));
  engine_->home().on_sync([writer = &metrics_.add_thread()](int64_t ns, uint64_t records) {
    writer->histogram(Metric::log_sync).record_duration(ns);
    writer->histogram(Metric::log_group_records).record_count(records);
  });
  edge_metrics_ = std::make_unique<EdgeMetrics>(metrics_, config_.threads.edge);
  metrics_.add_source(process_metrics);
  metrics_.add_source([this](std::vector<Sample>& out) { engine_metrics(*engine_, clock_, out); });
  metrics_.add_source([this](std::vector<Sample>& out) {
    out.push_back({Metric::build_info, {SPATE_VERSION}, 1});
    out.push_back({Metric::log_lines_dropped, {}, static_cast<double>(log_.lines_dropped())});
  });
  edge::EdgeContext at_the_door = context();
  wait_.reset();  // the address is free
  TRY(server_, edge::Server::open(std::move(at_the_door), listen));
  return {};
}

/// Waits for a broker and reads the topics up to where they end now; nothing when told to end. What
/// is opened above them goes on waiting like that.
Result<std::unique_ptr<LogHome>> Service::join_kafka(const HostPort& address) {
  wait_ = std::make_unique<StartWait>(address, clock_, log_,
                                      [this](int64_t ns) { return signals_.wait(ns); });
  const auto note = [this](const std::string& what) { log_.write(LogLevel::warn, "kafka", what); };
  std::unique_ptr<KafkaHome> home;
  while (home == nullptr) {
    Result<std::unique_ptr<KafkaHome>> joined =
        KafkaHome::open(config_, *catalog_, clock_, note);
    if (joined) home = std::move(*joined);
    else if (joined.error().action != FaultAction::retry) return pass_on(std::move(joined.error()));
    const bool goes_on =
        home == nullptr ? wait_->tries_again(joined.error().detail) : wait_->goes_on();
    if (!goes_on) return std::unique_ptr<LogHome>();
  }
  for (;;) {
    TRY(const bool caught_up, home->catch_up());
    if (caught_up) break;
    wait_->tell(home->doing());
    if (!wait_->goes_on()) return std::unique_ptr<LogHome>();
  }
  wait_->show("opening rows and views");
  home->be_patient([this](const std::string& why) { return wait_->tries_again(why); });
  return std::unique_ptr<LogHome>(std::move(home));
}

edge::EdgeContext Service::context() {
  edge::EdgeContext context{*catalog_, engine_->log(), engine_->views(), clock_,
                            engine_->routes()};
  context.limits = edge_limits_.limits;
  context.mailboxes = engine_->mailboxes();
  context.readiness = [this] { return readiness(); };
  context.startup = [this] { return edge::Probe{engine_->ready(), engine_->state_text()}; };
  if (config_.metrics) context.metrics_text = [this] { return metrics_.text(); };
  context.openapi_json = [this] { return openapi_; };
  if (engine_->cluster() != nullptr)
    context.behind_ns = [this](PartitionId partition, Sequence views) {
      return engine_->home().behind_ns(partition, views);
    };
  past_ = std::make_unique<LogPast>(
      engine_->log(), projected_domains(engine_->log().topology(), *catalog_),
      config_.memory().past_views_bytes / std::max<std::size_t>(1, config_.threads.edge));
  context.past = past_.get();
  context.observer = edge_metrics_.get();
  snapshots_ = std::make_unique<LiveSnapshots>(*engine_, config_, clock_);
  operator_door_ = std::make_unique<OperatorDoor>(*engine_, *catalog_, *snapshots_);
  if (config_.admin) context.admin = operator_door_.get();
  context.insecure_dev = config_.insecure_dev;
  return context;
}

/// Where other nodes answer meanwhile, views count, too. Alone commands need not wait for them, and
/// reads wait for those they ask for.
bool Service::is_ready() const {
  const bool decides = engine_->ready();  // asked always: it remembers when it last was
  return decides && (engine_->cluster() == nullptr || engine_->views_whole());
}

edge::Probe Service::readiness() const {
  if (ending_) return {false, "shutting down"};
  std::string text = engine_->state_text();
  if (engine_->log().storage_full()) text += "storage full: commands are refused\n";
  return {is_ready(), std::move(text)};
}

void Service::start() {
  log_runner_ = std::make_unique<Runner>(
      "log-lines", 100'000'000, [this]() -> Result<Step> { return log_.step(); },
      [](const std::string&, const Fault&) {});
  log_.on_line(&log_runner_->bell());
  log_runner_->start();
  engine_->start();
  for (std::size_t i = 0; i < server_->threads(); ++i)
    edge_threads_.emplace_back([this, i] {
      pthread_setname_np(pthread_self(), ("edge-" + std::to_string(i)).c_str());
      server_->run(i);
    });
  tell_start();
}

void Service::tell_start() const {
  log_.write(LogLevel::info, "log", engine_->home().found());
  std::string views;
  for (const RebuildStatus::Views& one : engine_->rebuild().status().generations)
    views += (views.empty() ? "views: " : ", ") + one.projection + " generation " +
             std::to_string(one.generation) + " of version " + one.version + " (" +
             std::string(one.role) + ")";
  log_.write(LogLevel::info, "state", views);
  if (!fits_memory(config_.memory_bytes))
    log_.write(LogLevel::warn, "app", "memory is more than this machine or cgroup allows",
               {{"memory_bytes", config_.memory_bytes}, {"allowed_bytes", allowed_memory()}});
  for (const std::string& lowered : edge_limits_.lowered)
    log_.write(LogLevel::warn, "edge", lowered);
  if (config_.insecure_dev)
    log_.write(LogLevel::warn, "edge",
               "--insecure-dev: nobody is authenticated, whoever reaches this port may do anything");
  log_.write(LogLevel::info, "edge", "listening", {{"port", server_->port()}, {"data", config_.data}});
}

void Service::await_signal() {
  while (!signals_.wait(20'000'000)) {
    if (!joined_ && engine_->caught_up()) {
      engine_->home().join();
      joined_ = true;
    }
    const bool ready = is_ready();
    if (ready && !told_ready_) {
      told_ready_ = true;
      log_.write(LogLevel::info, "app", "ready");
    }
  }
  log_.write(LogLevel::info, "app", "signal received: ending");
}

/// An end that takes too long is cut short, and a second signal ends at once: the log recovers.
void Service::watch_the_end() {
  const Config::Shutdown& limits = config_.shutdown;
  const int64_t handover_ms = engine_->cluster() == nullptr ? 0 : limits.handover_ms;
  const int64_t limit_ns = (limits.grace_ms + handover_ms + limits.watchdog_ms) * 1'000'000;
  const int64_t until = clock_.monotonic_ns() + limit_ns;
  while (!ended_) {
    const bool again = signals_.wait(10'000'000);
    if (!again && clock_.monotonic_ns() < until) continue;
    if (ended_) return;
    log_.write(LogLevel::error, "app", again ? "second signal: ending at once"
                                             : "the end took too long: ending at once");
    log_.step();
    _exit(exit_stopped);
  }
}

/// Other nodes take over while this one still answers; without others, or when all of them end as
/// well, there is nobody to wait for.
void Service::hand_over() {
  ClusterHome* cluster = engine_->cluster();
  if (cluster == nullptr) return;
  const ClusterHome::Shares before = cluster->shares();
  engine_->home().leave();
  if (before.elsewhere == 0) return;
  constexpr int64_t look_ns = 250'000'000;
  int64_t moved_ns = clock_.monotonic_ns(), looked_ns = moved_ns;
  bool nobody = false;
  uint32_t left = before.here;
  await([&] {
    const int64_t now = clock_.monotonic_ns();
    const uint32_t here = cluster->shares().here;
    if (std::exchange(left, here) != here) moved_ns = now;
    if (now - looked_ns > look_ns) {
      nobody = engine_->home().nobody_left();
      looked_ns = clock_.monotonic_ns();
    }
    return here == 0 || nobody || now - moved_ns > config_.shutdown.handover_ms * 1'000'000;
  });
  log_.write(LogLevel::info, "app", "handed over",
             {{"partitions", before.here - left}, {"not_taken", left},
              {"nobody_left", nobody ? 1u : 0u}});
}

Result<void> Service::end() {
  ending_ = true;
  watchdog_ = std::thread([this] { watch_the_end(); });
  server_->leave();
  engine_->end_comparing();
  std::this_thread::sleep_for(std::chrono::milliseconds(config_.shutdown.grace_ms));
  hand_over();
  server_->drain();
  if (ClusterHome* cluster = engine_->cluster()) {  // while there is whom our edges may ask
    cluster->drain();
    await([&] { return server_->empty() && cluster->quiet(); });
  }
  engine_->drain();
  await([&] { return engine_->drained() && server_->empty(); });
  server_->stop();
  for (std::thread& thread : edge_threads_) thread.join();
  snapshots_.reset();  // one that is being taken ends unfinished
  TRY(engine_->close());
  return {};
}

int Service::run() {
  if (const auto opened = open(); !opened) return refuse(opened.error());
  if (engine_ == nullptr) {
    log_.write(LogLevel::info, "app", "signal received: ended before it had started");
    return 0;
  }
  start();
  await_signal();
  const auto result = end();
  ended_ = true;
  watchdog_.join();
  if (!result) {
    log_.write(LogLevel::error, "app", result.error().detail, {{"error_code", result.error().code}});
  } else {
    log_.write(LogLevel::info, "app", "ended: everything is in the log");
  }
  log_runner_->stop();
  log_.step();
  return result ? 0 : exit_stopped;
}

}  // namespace

int serve(const Config& config) {
  Service service(config);
  return service.run();
}

}  // namespace spate
