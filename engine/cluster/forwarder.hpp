// Forwarder: sends what edges ask to the node that owns the partition, and what nodes ask to the
// processors here.
#pragma once
#include <deque>
#include <map>
#include <unordered_map>
#include <vector>

#include "engine/base/clock.hpp"
#include "engine/base/counter.hpp"
#include "engine/base/step.hpp"
#include "engine/cluster/owner_directory.hpp"
#include "engine/cluster/request_table.hpp"
#include "engine/log/log.hpp"
#include "engine/processor/handoff.hpp"
#include "engine/processor/mailbox_routes.hpp"

namespace spate {

struct ForwarderLimits {
  RequestTableLimits own;                          ///< of our edges
  RequestTableLimits served{1 << 14, 1};           ///< of other nodes; they keep the bodies
  int64_t give_up_ns = int64_t{4} * 1'000'000'000;  ///< then it is not known what became of it
  /// A command whose owner cannot be reached for so long, or says that it is none, is put into the
  /// log for whoever will be.
  int64_t publish_after_ns = int64_t{2} * 1'000'000'000;
  int64_t back_off_ns_min = 2'000'000;             ///< before a refused request is sent again
  int64_t back_off_ns_max = 64'000'000;            ///< doubled up to this
};

/// What it works between; all of it outlives the forwarder.
struct ForwarderParts {
  std::vector<Mailbox*> edges;        ///< one for each edge thread; we are its processor
  std::vector<Mailbox*> processors;   ///< one for each processor thread; we are its edge
  std::vector<Handoff*> handoffs;     ///< one for each processor thread
  uint32_t edge_mailbox = 0;          ///< our place among an edge thread's mailboxes
  std::vector<uint32_t> processor_of; ///< processor thread (and edges' mailbox) by dense index
  MailboxRoutes* routes = nullptr;
  OwnerDirectory* owners = nullptr;
  Links* links = nullptr;
  Log* log = nullptr;                 ///< outcomes are read
  const Clock* clock = nullptr;
};

/// Any thread may read them.
struct ForwarderStats {
  Counter sent, served, sent_again, published, given_up, in_flight;
};

/// One thread drives it: `step` after its bells and at least every few milliseconds while
/// `wants_step`, the link events in between. A request keeps its command's id however often it is
/// sent, so that it takes effect once; the first answer to its last sending is the answer.
class Forwarder final : public LinkEvents {
 public:
  Forwarder(ForwarderParts parts, const ForwarderLimits& limits);

  Step step();
  /// Requests wait: step again after a while although no bell rang.
  bool wants_step() const { return own_.count() + served_.count() > 0 || blocked_replies_ > 0; }

  /// Nothing is taken from other nodes any more; requests of our edges are finished.
  void drain() { draining_ = true; }
  /// Nothing is under way and every answer has left.
  bool quiet() const;
  const ForwarderStats& stats() const { return stats_; }

  void replied(PeerId from, const ReplyHead& head, Bytes body) override;
  void writable(PeerId to) override;
  void lost(PeerId to) override;
  void asked(LinkId from, const RequestHead& head, Bytes body) override;

 private:
  using At = PendingRequest::At;
  struct Place {
    Owner::Where where = Owner::Where::nobody;
    PeerId peer = 0;
    bool operator==(const Place&) const = default;
  };
  struct Deadline {
    int64_t at_ns;
    uint32_t place;
    uint64_t arrival;
  };
  struct LateReply {
    ReplyHead head;
    ByteBuffer body;
  };

  // forwarder.cpp: where requests go
  bool follow_owners();
  void move(const std::vector<bool>& changed);
  bool take_requests();
  void take(const RequestHead& head, Bytes body, uint32_t edge);
  bool send(uint32_t place);
  bool send_home(const RequestHead& head, Bytes body);
  void wait(uint32_t place, int64_t due_ns);
  bool send_waiting();
  bool publish(uint32_t place);
  void expire();

  // forwarder_answers.cpp: what comes back
  bool take_replies();
  bool take_published();
  void answered(uint32_t place, const ReplyHead& head, Bytes body);
  void refused(uint32_t place, Answer answer);
  void finish(uint32_t place, ReplyHead head, Bytes body);
  void serve_reply(uint32_t place, const ReplyHead& head, Bytes body);
  /// The whole outcome of a duplicate, out of the log; `maybe_taken` when it cannot be read.
  ReplyHead whole(const ReplyHead& head, Bytes& body);
  void deliver(uint32_t edge, const ReplyHead& head, Bytes body);
  bool put(uint32_t edge, const ReplyHead& head, Bytes body);
  bool deliver_late();
  void ring();

  int64_t now() const { return parts_.clock->monotonic_ns(); }

  static constexpr uint64_t served_mark = uint64_t{1} << 31;  // in tickets to our processors
  const ForwarderParts parts_;
  const ForwarderLimits limits_;
  RequestTable own_, served_;
  std::vector<Place> places_;              // by dense index
  std::vector<uint32_t> waiting_of_;       // requests that wait, by dense index
  std::vector<uint64_t> stuck_in_;         // the pass in which a partition came no further
  std::vector<uint64_t> behind_in_;        // the pass in which a command of it stays waiting
  std::map<uint64_t, uint32_t> waiting_;   // by arrival
  std::unordered_map<uint64_t, uint64_t> publishing_;  // attempt's ticket by the log's number
  std::deque<Deadline> own_deadlines_, served_deadlines_;
  std::vector<std::deque<LateReply>> late_;  // by edge: its ring was full
  std::vector<bool> rings_processor_, rings_edge_;
  std::size_t blocked_replies_ = 0;
  uint64_t owners_seen_ = 0;
  uint64_t pass_ = 0;
  int64_t next_pass_ns_ = 0;
  bool pass_now_ = false;
  bool draining_ = false;
  BatchPtr read_;                          // keeps the last outcome that was read
  ForwarderStats stats_;
};

}  // namespace spate
