// EdgeContext: all that the edge is given by the one who assembles the server.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/clock.hpp"
#include "engine/codec/catalog.hpp"
#include "engine/edge/admin.hpp"
#include "engine/edge/limits.hpp"
#include "engine/edge/observer.hpp"
#include "engine/log/log.hpp"
#include "engine/processor/mailbox.hpp"
#include "engine/processor/mailbox_routes.hpp"
#include "engine/projector/past_views.hpp"

namespace spate::edge {

/// Answer of a probe; `text` says check by check what is and what is not (`?verbose`).
struct Probe {
  bool ok = false;
  std::string text;
};

/// The references outlive the server.
struct EdgeContext {
  const Catalog& catalog;
  Log& log;  ///< outcomes are read, nothing is appended
  ViewReader& views;
  const Clock& clock;
  const MailboxRoutes& routes;  ///< in which of a thread's mailboxes a partition is reached
  EdgeLimits limits;
  /// [edge thread][processor thread], behind them perhaps one to whoever sends requests on to other
  /// nodes. The server sets `edge_bell`; `processor_bell` is yours.
  std::vector<std::vector<Mailbox*>> mailboxes;
  /// Any thread. Not ready: readers and commands get 503 `not_ready`… `startup` likewise.
  std::function<Probe()> readiness;
  std::function<Probe()> startup;
  std::function<std::string()> metrics_text;
  std::function<std::string()> openapi_json;
  /// By how much, at most, views at that sequence are behind the log; nothing: not known. Empty:
  /// the log is this process's own, nothing is behind. Any thread.
  std::function<std::optional<int64_t>(PartitionId, Sequence)> behind_ns;
  PastViews* past = nullptr;         ///< null: there is no `as_of` here
  EdgeObserver* observer = nullptr;  ///< may be null
  AdminDoor* admin = nullptr;        ///< null: /admin/… does not exist here
  bool insecure_dev = false;  ///< without it only loopback may be bound: nobody is authenticated
};

}  // namespace spate::edge
