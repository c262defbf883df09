// Engine: log, rows, views, processors and projectors of one server, and the threads that step
// them.
#pragma once
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "engine/app/catalog_view_text.hpp"
#include "engine/app/checkpoint_shipping.hpp"
#include "engine/app/config.hpp"
#include "engine/app/differs_mark.hpp"
#include "engine/app/live_compare.hpp"
#include "engine/app/live_scan.hpp"
#include "engine/app/log_home.hpp"
#include "engine/app/rebuild_thread.hpp"
#include "engine/app/rocks_generations.hpp"
#include "engine/app/step_thread.hpp"
#include "engine/codec/catalog.hpp"
#include "engine/log/posix_storage.hpp"
#include "engine/processor/mailbox_routes.hpp"
#include "engine/processor/processor_group.hpp"
#include "engine/state/rocks_state.hpp"

namespace spate {

/// Life: open (recovers the log, opens the stores), start (threads; partitions fold their tails),
/// drain, close. Directory: log/ rows/ ids/ filters/ digests/ views/ breadcrumbs
/// reserve.
class Engine {
 public:
  using OnFault = std::function<void(const std::string& thread, const Fault&)>;
  /// What an operator must know: something was discarded or rebuilt. Any thread.
  using OnNote = std::function<void(const std::string&)>;

  /// `home`: the log; none: the embedded one below `config.data`. Faults name what to do; nothing
  /// is damaged by a refused start.
  static Result<std::unique_ptr<Engine>> open(const Config& config, const Catalog& catalog,
                                              const Clock& clock, OnFault on_fault,
                                              OnNote on_note = {},
                                              std::unique_ptr<LogHome> home = nullptr);
  ~Engine();

  void start();

  /// Any thread. Rows are folded to where the log ended when it was opened, as far as this node
  /// folds them without owning them: from here on it may own partitions without delay.
  bool caught_up() const;
  /// What only some engines have. Any thread.
  void add_metrics(std::vector<Sample>& out) const;

  Log& log() { return home_->log(); }
  const Log& log() const { return home_->log(); }
  LogHome& home() { return *home_; }
  const LogHome& home() const { return *home_; }
  /// The other nodes that share the log; null: there are none.
  ClusterHome* cluster() const { return home_->cluster(); }
  StoreSizes row_sizes() const { return stores_->sizes(); }
  StoreSizes view_sizes() const { return generations_->sizes(); }
  /// Bytes that wait in the rings between edge and processors: requests, answers.
  std::pair<uint64_t, uint64_t> queued_bytes() const;
  ServedViews& views() { return *views_; }
  const ServedViews& views() const { return *views_; }
  /// Order and look at any time; it begins when somebody asks.
  Rebuild& rebuild() { return *rebuild_; }
  const Rebuild& rebuild() const { return *rebuild_; }
  Bell& rebuild_bell() { return rebuild_thread_->bell(); }
  /// Of its stores; ask and look at any time.
  LiveScan& scan() { return *scan_; }
  /// [edge thread][processor thread], behind them perhaps one to the other nodes.
  std::vector<std::vector<Mailbox*>> mailboxes();
  /// In which of an edge thread's mailboxes a partition is reached.
  MailboxRoutes& routes() { return *routes_; }

  /// Any thread. Every partition is owned here and decides, or is owned by another node. Remains
  /// true for a while when one is taken over: what is asked of it meanwhile waits.
  bool ready() const;
  /// Any thread. All views are folded to where the log ended at the start, or as far as they ever
  /// will be: reads that name no position are answered at once. Remains true.
  bool views_whole() const;
  /// Any thread. One line a partition that is not, or `all partitions ready`.
  std::string state_text() const;

  /// Any thread. What nodes have unlike is looked up no further, so that nobody waits for a verdict
  /// on rows: before a drain that waits for those who do.
  void end_comparing() { compare_ends_ = true; }
  /// Any thread. No new commands; `drained` when all that was taken is answered and in the stores.
  void drain();
  bool drained() const;
  /// Stops the threads, writes what is left of the views, seals the log. Requires: drained.
  Result<void> close();

  struct PartitionView {
    PartitionId id;
    const DomainPlan* domain = nullptr;
    PartitionProcessor* processor = nullptr;
  };
  /// For metrics: their stats may be read by any thread.
  const std::vector<PartitionView>& partitions() const { return partition_views_; }

 private:
  Engine(const Config& config, const Catalog& catalog, const Clock& clock, OnFault on_fault,
         OnNote on_note);
  Result<void> open_stores();
  Result<std::vector<KnownPosition>> known_positions();
  Result<void> open_segment_log(std::vector<WantedDomain> wanted);
  Result<void> open_partitions();
  Result<Checkpointing*> open_partition(PartitionId id);
  Result<void> open_ids(IdTable& ids, const std::string& name);
  const DomainPlan* plan_of(PartitionId id) const;
  Result<void> open_projectors();
  Result<std::vector<std::string>> open_patiently(Projector& projector);
  std::unique_ptr<FoldWitness> witness_of(uint32_t generation) const;
  Result<void> open_rebuild();
  void tell_outdated() const;
  void connect_views(ProjectedViews& views);
  void wake_views();
  Result<void> open_cluster();
  void open_shipping();
  Result<void> open_scan();
  void open_compare();
  LiveCompare::Recorded recorded_rows(PartitionId id) const;
  LiveCompare::Recorded recorded_views(PartitionId id) const;
  std::string aside_folder() const { return config_.data + "/aside"; }
  void differs(const LiveCompare::Finding& finding);
  void leave_undecided(const LiveCompare::Finding& finding, const Fault& why);
  void go_on(const LiveCompare::Finding& finding, const std::string& why);
  void leave_unknown(const LiveCompare::Finding& finding, const std::string& reason);
  void hold_back(const LiveCompare::Finding& finding, const std::string& why);
  void judge(const LiveCompare::Finding& finding, PartitionProcessor::Rows rows,
             const std::string& why);
  void settle_stores();
  std::vector<uint32_t> processor_of() const;
  void make_runners();
  bool starts() const;
  Result<void> compact_when_started();
  Runner::StepFunction after_rows(Runner::StepFunction step) const;
  void connect_bells();

  /// A bell known before the thread that it wakes.
  struct LaterBell final : Bell {
    void ring() override { to->ring(); }
    Bell* to = nullptr;
  };
  struct PartitionHome {
    std::unique_ptr<StateStore> store;
    std::unique_ptr<RowTable> rows;
    std::unique_ptr<IdTable> ids;
  };

  const Config config_;
  const Catalog& catalog_;
  const Clock& clock_;
  const OnFault on_fault_;
  const OnNote on_note_;
  const MemoryCut memory_;
  // Of rows and ids; a third of their part is for the filter of ids that are being written.
  const std::shared_ptr<FilterRoom> filter_room_ =
      std::make_shared<FilterRoom>(memory_.id_filter_bytes / 3 * 2);
  void tell(const std::string& what) const;

  std::unique_ptr<PosixStorage> storage_;
  std::unique_ptr<LogHome> home_;
  mutable std::atomic<int64_t> ready_until_ns_{0};
  mutable std::atomic<bool> views_whole_{false};
  int64_t starts_until_ns_ = 0;
  bool compacts_ = false;  // of the checkpointer's thread
  DiffersMarks marks_;
  std::unique_ptr<RocksStateStores> stores_;
  std::unique_ptr<RocksGenerations> generations_home_;
  std::unique_ptr<Generations> generations_;
  std::unique_ptr<ServedViews> views_;
  Suspects suspects_;
  std::vector<PartitionHome> homes_;
  std::vector<std::vector<std::unique_ptr<Mailbox>>> mailboxes_;  // [edge][processor]
  std::unique_ptr<MailboxRoutes> routes_;
  std::vector<std::unique_ptr<ProcessorGroup>> groups_;
  std::vector<PartitionView> partition_views_;
  std::unique_ptr<Checkpointer> checkpointer_;
  LaterBell checkpoint_bell_;
  std::vector<std::unique_ptr<Projector>> projectors_;
  ViewWriters view_writers_;
  std::unique_ptr<CatalogViewText> view_text_;
  StepThread rebuild_writes_;
  std::unique_ptr<Rebuild> rebuild_;
  std::unique_ptr<CheckpointShipping> shipping_;  // null: none
  std::unique_ptr<LiveScan> scan_;
  std::atomic<bool> compare_ends_{false};
  std::unique_ptr<LiveCompare> compare_;          // null: there are no other nodes

  // Threads, in the order in which they are stopped.
  std::unique_ptr<Runner> compare_runner_, shipping_runner_;
  std::unique_ptr<RebuildThread> rebuild_thread_;
  std::vector<std::unique_ptr<Runner>> processor_runners_;
  std::unique_ptr<Runner> checkpoint_runner_;
  std::vector<std::unique_ptr<Runner>> projector_runners_;
  std::unique_ptr<Runner> view_runner_;
  std::vector<std::unique_ptr<Runner>> log_runners_;
};

}  // namespace spate
