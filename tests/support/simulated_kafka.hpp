// SimulatedKafka: a cluster with everything that can go wrong on the way to it, and the clients of
// its nodes; one seed, moved step by step.
#pragma once
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>

#include "engine/base/clock.hpp"
#include "engine/base/topology.hpp"
#include "engine/log/kafka_client.hpp"
#include "tests/support/seeded_random.hpp"

namespace spate {

/// What happens once in so many messages; 0 = never.
struct KafkaOdds {
  uint32_t failed_but_kept = 0;  ///< in the log, reported as failed
  uint32_t lost = 0;             ///< reported as failed and never in the log; what follows may be
  uint32_t straggling = 0;       ///< reported as failed now, in the log later
  uint32_t without_offset = 0;   ///< delivered, the report does not say where
  uint32_t acknowledged_twice = 0;  ///< an outcome's report comes twice
  uint32_t written_twice = 0;    ///< sent again by the client itself, and its broker has forgotten
  uint32_t overtaken = 0;        ///< its successor comes before it: worse than brokers are
  uint32_t dropped_closed = 0;   ///< of a closed session: never arrives
  uint32_t full = 0;             ///< a send finds no room
  uint32_t offset_gap = 0;       ///< command topics: an offset is left out before the record
  uint32_t fetch_fails = 0;
  bool late = false;             ///< reports, records and answers come when they like
  bool unanswered = false;       ///< no question for an end is answered now
};

class SimulatedKafka {
 public:
  struct Record {
    int64_t offset = 0;
    int64_t timestamp_ms = 0;
    std::string key;
    std::string value;
    std::vector<std::pair<std::string, std::string>> headers;
  };
  using Topic = std::vector<Record>;

  SimulatedKafka(Topology topology, uint64_t seed, const Clock& clock)
      : topology_(std::move(topology)), clock_(clock), random_(seed) {}

  /// A client of a new node, numbered from 0. It may go (the node dies): what it has sent may
  /// still arrive.
  std::unique_ptr<KafkaClient> connect();

  /// Messages move over the network at random. False: there is none that could.
  bool step();
  void set_odds(const KafkaOdds& odds) { odds_ = odds; }
  /// While cut, nothing comes or goes between the node and the cluster.
  void cut(std::size_t node, bool is_cut);
  /// The group tells this node that it chooses again; its finished assignment as it is told it.
  void choose_anew(std::size_t node);
  void elect(std::size_t node, std::vector<PartitionId> partitions);
  /// Another system's record; in an outcome topic it has no business to be.
  void produce(KafkaPlace place, Record record);
  /// Other systems' transactions leave offsets that hold no record.
  void leave_gap(KafkaPlace place, int64_t offsets);
  /// Retention: the topic begins at `begin` from now on.
  void trim(KafkaPlace place, int64_t begin);

  const Topology& topology() const { return topology_; }
  const Topic& topic(KafkaPlace place) { return topics_[place].records; }
  int64_t end(KafkaPlace place) { return topics_[place].end; }
  /// To change what lies there already, which no broker does.
  Topic& tampered(KafkaPlace place) { return topics_[place].records; }
  std::size_t fetches() const { return fetches_; }

 private:
  friend class SimulatedKafkaClient;

  struct Stored {
    Topic records;
    int64_t begin = 0;
    int64_t end = 0;
  };
  struct Message {
    uint64_t token = 0;
    bool reported = false;
    Record record;
  };
  /// What one producer sends to one partition: never reordered.
  struct Line {
    std::size_t node = 0;
    uint64_t session = 0;
    KafkaPlace place;
    constexpr auto operator<=>(const Line&) const = default;
  };
  struct Following {
    int64_t next = 0;
    bool held = false;
  };
  struct Question {
    KafkaPlace place;
    int64_t asked_at = 0;
  };
  struct Node {
    bool alive = true;
    bool is_cut = false;
    bool has_left = false;  // the group
    uint64_t session = 0;
    uint64_t failed_session = 0;  // an idempotent producer takes nothing more after a failure
    std::map<KafkaPlace, Following> following;
    std::deque<KafkaReport> reports;
    std::map<std::pair<uint64_t, KafkaPlace>, std::size_t> under_way;  // by session
    std::deque<Question> questions;
    std::deque<std::optional<std::vector<PartitionId>>> elections;  // none: it chooses again
    Bell* bell = nullptr;
  };

  void tell(std::size_t node, std::optional<std::vector<PartitionId>> elected);
  bool one_in(uint32_t n) { return n != 0 && random_.one_in(n); }
  bool is_open(const Line& line) const;
  void move(const Line& line, std::deque<Message>& messages);
  bool overtake(const Line& line, std::deque<Message>& messages);
  void report(const Line& line, Message& message, KafkaReport::Fate fate, int64_t offset);
  int64_t append(KafkaPlace place, Record record);
  void close_session(std::size_t number);
  void close(std::size_t number);
  void ring(KafkaPlace place);

  std::mutex mutex_;
  const Topology topology_;
  const Clock& clock_;
  SeededRandom random_;
  KafkaOdds odds_;
  std::map<KafkaPlace, Stored> topics_;
  std::map<Line, std::deque<Message>> lines_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::size_t fetches_ = 0;
};

}  // namespace spate
