// Forwarding under a seed: owners move, the directory is late, links break with work half done.
#include <gtest/gtest.h>

#include "tests/engine/cluster/forwarder_kit.hpp"
#include "tests/support/seeded_random.hpp"

namespace spate {
namespace {

/// Nodes "a", "b" and the one under test share out the partitions and lose them at random. Each
/// tick may answer, delay, drop or double anything that a network and other nodes may.
class Storm {
 public:
  explicit Storm(uint64_t seed) : random_(seed), kit_(limits_of(random_)) {
    kit_.links.room = 5 + random_.below(200);
    for (uint32_t p = 0; p < ForwarderKit::partitions; ++p) move(p);
  }

  void run(int ticks) {
    for (int i = 0; i < ticks; ++i) act();
    calm();
  }
  std::string wrong;

 private:
  struct Wish {
    uint64_t n = 0;
    Ask ask = Ask::submit;
    bool answered = false;
    bool is_only = false;  // nobody else asked for this id
  };
  static ForwarderLimits limits_of(SeededRandom& random) {
    ForwarderLimits limits;
    limits.own.requests_max = 4 + random.below(60);
    limits.served.requests_max = 2 + random.below(10);
    limits.give_up_ns = static_cast<int64_t>(100 + random.below(900)) * 1'000'000;
    return limits;
  }
  static constexpr const char* names[] = {"", "a:1", "b:1", "here"};

  void act() {
    switch (random_.below(12)) {
      case 0:
      case 1:
      case 2:
        return ask();
      case 3:
      case 4:
      case 5:
        return answer_one();
      case 6:
        if (random_.one_in(8)) return deliver_slow();
        return random_.one_in(4) ? move(random_.below(ForwarderKit::partitions)) : tell_directory();
      case 7:
        return random_.one_in(3) ? break_link() : mend_links();
      case 8:
      case 9:
        return serve();
      case 10:
        kit_.clock.advance_ns(static_cast<int64_t>(random_.below(50)) * 1'000'000);
        return step();
      default:
        return step();
    }
  }

  void step() {
    kit_.step();
    collect();
  }

  /// The truth changes at once; the directory hears of it later.
  void move(uint32_t partition) { owner_[partition] = names[1 + random_.below(3)]; }
  void tell_directory() {
    const uint32_t partition = random_.below(ForwarderKit::partitions);
    kit_.own(partition, random_.one_in(6) ? "" : owner_[partition]);
  }

  void ask() {
    const bool again = random_.one_in(4) && ids_ > 0;
    const uint64_t n = again ? 1 + random_.below(ids_) : ++ids_;
    const Ask what = random_.one_in(5) ? Ask::find : Ask::submit;
    const uint32_t edge = random_.below(ForwarderKit::edge_count);
    const uint64_t ticket =
        kit_.ask(n % ForwarderKit::partitions, n, what, edge, random_.one_in(8));
    wishes_[ticket] = {n, what, false, !again};
    refused_.erase(n);  // the one who asks again may have it done
    for (auto& [other, wish] : wishes_)
      if (other != ticket && wish.n == n) wish.is_only = wishes_[ticket].is_only = false;
  }

  /// What an owner, or a node that was one, says to a request.
  ReplyHead decide(const RequestHead& head, bool is_owner, Bytes& body, bool here) {
    ReplyHead reply{head.ticket, {}, head.partition, Answer::not_ready};
    if (!is_owner) {
      if (random_.one_in(8)) reply.answer = Answer::maybe_taken;
      return reply;
    }
    if (random_.one_in(10)) reply.answer = Answer::storage_full;
    if (random_.one_in(10) || reply.answer == Answer::storage_full) return reply;
    if (head.ask == Ask::find && !kit_.ledger.has(head.id)) {
      reply.answer = Answer::unknown;
      return reply;
    }
    bool fresh = false;
    const Ledger::Entry& entry = kit_.ledger.decide(head.id, fresh);
    reply.sequence = entry.sequence;
    reply.answer = here && !fresh ? Answer::duplicate : Answer::outcome;
    reply.replayed = !fresh;
    if (random_.one_in(12)) {  // the log has it, but the partition is lost before it is decided
      reply.answer = Answer::maybe_taken;
      return reply;
    }
    if (reply.answer == Answer::outcome) body = entry.outcome;
    return reply;
  }

  void answer_one() {
    if (random_.one_in(2)) {
      const auto head = kit_.taken_here();
      if (!head) return;
      const uint32_t p = head->partition;
      Bytes body;
      kit_.put_reply(decide(*head, owner_[p] == "here", body, true), body);
      return step();
    }
    if (kit_.links.sent.empty()) return;
    const std::size_t at = random_.below(std::min<std::size_t>(kit_.links.sent.size(), 3));
    HeldLinks::Request request = std::move(kit_.links.sent[at]);
    kit_.links.sent.erase(kit_.links.sent.begin() + static_cast<std::ptrdiff_t>(at));
    const bool is_owner = kit_.links.peer(owner_[request.head.partition]) == request.to &&
                          owner_[request.head.partition] != "here";
    Bytes body;
    const ReplyHead reply = decide(request.head, is_owner, body, false);
    if (random_.one_in(4)) {  // decided, and the answer is slow
      slow_.push_back({request.to, reply, body});
      return step();
    }
    kit_.forwarder->replied(request.to, reply, body);
    if (random_.one_in(10)) kit_.forwarder->replied(request.to, reply, body);  // doubled
    step();
  }

  void deliver_slow() {
    for (const Slow& slow : slow_) kit_.forwarder->replied(slow.from, slow.reply, slow.body);
    slow_.clear();
    step();
  }

  void break_link() {
    const PeerId peer = kit_.links.peer(names[1 + random_.below(2)]);
    for (auto it = kit_.links.sent.begin(); it != kit_.links.sent.end();) {
      if (it->to != peer) {
        ++it;
        continue;
      }
      const bool is_owner = owner_[it->head.partition] != "here" &&
                            kit_.links.peer(owner_[it->head.partition]) == peer;
      Bytes body;
      if (random_.one_in(2)) decide(it->head, is_owner, body, false);  // taken, the answer is lost
      it = kit_.links.sent.erase(it);
    }
    std::erase_if(slow_, [&](const Slow& slow) { return slow.from == peer; });
    kit_.links.down.insert(peer);
    kit_.forwarder->lost(peer);
    step();
  }
  void mend_links() {
    for (const PeerId peer : kit_.links.down) kit_.forwarder->writable(peer);
    kit_.links.down.clear();
    step();
  }

  void serve() {
    const uint64_t n = 1 + random_.below(ids_ + 1);
    served_asked_[++served_ticket_] = true;
    const auto partition = static_cast<uint32_t>(n % ForwarderKit::partitions);
    kit_.forwarder->asked(9, {served_ticket_, ForwarderKit::id(n), partition, Ask::find}, {});
    step();
  }

  void collect() {
    for (uint32_t edge = 0; edge < ForwarderKit::edge_count; ++edge)
      while (const auto got = kit_.reply(edge)) check(*got);
    for (const auto& reply : kit_.links.replies[9]) {
      bool& open = served_asked_[reply.head.ticket];
      if (!open) wrong += "a node was answered twice\n";
      open = false;
      if (reply.head.answer == Answer::duplicate) wrong += "a node was sent to our log\n";
    }
    kit_.links.replies[9].clear();
  }

  void check(const ForwarderKit::Got& got) {
    Wish& wish = wishes_.at(got.head.ticket);
    const std::string what = "request " + std::to_string(got.head.ticket) + " ";
    if (wish.answered) wrong += what + "was answered twice\n";
    wish.answered = true;
    if (got.head.answer == Answer::outcome) {
      bool fresh = false;
      const Ledger::Entry& entry = kit_.ledger.decide(ForwarderKit::id(wish.n), fresh);
      if (fresh || as_text(got.body) != as_text(entry.outcome))
        wrong += what + "got another outcome than what happened\n";
    }
    const bool not_taken =
        got.head.answer == Answer::not_ready || got.head.answer == Answer::overloaded ||
        got.head.answer == Answer::storage_full;
    if (not_taken && wish.ask == Ask::submit && wish.is_only) refused_.insert(wish.n);
  }

  /// The network is well, everybody knows the owners: all that is open is answered.
  void calm() {
    for (uint32_t p = 0; p < ForwarderKit::partitions; ++p) kit_.own(p, owner_[p]);
    mend_links();
    for (int i = 0; i < 6'000; ++i) {
      answer_one();
      if (!slow_.empty()) deliver_slow();
      if (i % 4 == 0) kit_.clock.advance_ns(1'000'000);
      step();
    }
    for (const auto& [ticket, wish] : wishes_)
      if (!wish.answered) wrong += "request " + std::to_string(ticket) + " was never answered\n";
    for (const auto& [ticket, open] : served_asked_)
      if (open) wrong += "node's request " + std::to_string(ticket) + " was never answered\n";
    for (const uint64_t n : refused_)
      if (kit_.ledger.has(ForwarderKit::id(n)))
        wrong += "command " + std::to_string(n) + " was called not taken and took effect\n";
    if (!kit_.forwarder->quiet()) wrong += "the forwarder is not quiet\n";
  }

  struct Slow {
    PeerId from;
    ReplyHead reply;
    Bytes body;  // of the ledger
  };
  SeededRandom random_;
  ForwarderKit kit_;
  std::vector<Slow> slow_;
  std::string owner_[ForwarderKit::partitions];
  std::map<uint64_t, Wish> wishes_;
  std::map<uint64_t, bool> served_asked_;
  std::set<uint64_t> refused_;
  uint64_t ids_ = 0, served_ticket_ = 0;
};

/// Owners change as they do in a rolling upgrade: each move leaves a partition without an owner for
/// a while, everybody hears of it later, and nothing breaks.
class PlannedMoves {
 public:
  explicit PlannedMoves(uint64_t seed) : random_(seed) {
    kit_.log.room = 1'000'000;
    for (uint32_t p = 0; p < ForwarderKit::partitions; ++p) kit_.own(p, owner_[p] = any_owner());
  }

  void run(int ms) {
    for (int i = 0; i < ms; ++i) {
      if (i % 1000 == 0 && i + 1000 < ms) begin_move(random_.below(ForwarderKit::partitions));
      if (i % 20 < 3 && i + 1000 < ms) ask();
      hear();
      answer_all();
      kit_.pass_ms(1);
      collect();
    }
  }
  std::size_t open() const { return asked_.size(); }
  std::string wrong;

 private:
  std::string any_owner() {
    constexpr const char* names[] = {"a:1", "b:1", "here"};
    return names[random_.below(3)];
  }
  struct News {
    int64_t at_ns;
    uint32_t partition;
    std::string owner;
    bool is_truth;  // or what this node hears
  };
  void tell(int64_t in_ms, uint32_t p, const std::string& owner, bool is_truth) {
    news_.push_back({kit_.clock.monotonic_ns() + in_ms * 1'000'000, p, owner, is_truth});
  }
  void begin_move(uint32_t p) {
    const std::string next = any_owner();
    const auto claimed_ms = static_cast<int64_t>(1 + random_.below(400));
    const auto heard_ms = claimed_ms + static_cast<int64_t>(random_.below(300));
    if (random_.one_in(2)) tell(static_cast<int64_t>(random_.below(claimed_ms)), p, "", false);
    tell(claimed_ms, p, next, true);
    tell(heard_ms, p, next, false);
    owner_[p] = "";
  }
  void hear() {
    for (std::size_t i = 0; i < news_.size();) {
      if (news_[i].at_ns > kit_.clock.monotonic_ns()) {
        ++i;
        continue;
      }
      if (news_[i].is_truth) owner_[news_[i].partition] = news_[i].owner;
      else kit_.own(news_[i].partition, news_[i].owner);
      news_.erase(news_.begin() + static_cast<std::ptrdiff_t>(i));
    }
    kit_.step();
  }
  void ask() {
    const uint64_t n = ++ids_;
    const Ask what = random_.one_in(5) ? Ask::find : Ask::submit;
    const auto p = static_cast<uint32_t>(n % ForwarderKit::partitions);
    asked_[kit_.ask(p, n, what, 0, random_.one_in(8))] = what;
  }
  ReplyHead answer(const RequestHead& head, const std::string& who, Bytes& body) {
    ReplyHead reply{head.ticket, {}, head.partition, Answer::not_ready};
    if (owner_[head.partition] != who) {
      if (random_.one_in(4)) reply.answer = Answer::maybe_taken;
      return reply;
    }
    reply.answer = Answer::unknown;
    if (head.ask == Ask::find && !kit_.ledger.has(head.id)) return reply;
    bool fresh = false;
    const Ledger::Entry& entry = kit_.ledger.decide(head.id, fresh);
    reply.sequence = entry.sequence;
    reply.answer = Answer::outcome;
    body = entry.outcome;
    return reply;
  }
  void answer_all() {
    while (const auto head = kit_.taken_here()) {
      Bytes body;
      const ReplyHead reply = answer(*head, "here", body);
      kit_.put_reply(reply, body);
    }
    while (!kit_.links.sent.empty() && !random_.one_in(4)) {
      const HeldLinks::Request request = std::move(kit_.links.sent.front());
      kit_.links.sent.pop_front();
      Bytes body;
      const std::string who = kit_.links.peer("a:1") == request.to ? "a:1" : "b:1";
      const ReplyHead reply = answer(request.head, who, body);
      kit_.forwarder->replied(request.to, reply, body);
    }
    kit_.step();
  }
  void collect() {
    while (const auto got = kit_.reply()) {
      const Ask what = asked_.at(got->head.ticket);
      asked_.erase(got->head.ticket);
      const bool is_told = got->head.answer == Answer::outcome ||
                           (what == Ask::find && got->head.answer == Answer::unknown);
      if (!is_told)
        wrong += "request " + std::to_string(got->head.ticket) + " was refused with " +
                 std::to_string(static_cast<int>(got->head.answer)) + "\n";
    }
  }

  SeededRandom random_;
  ForwarderKit kit_;
  std::string owner_[ForwarderKit::partitions];
  std::vector<News> news_;
  std::map<uint64_t, Ask> asked_;
  uint64_t ids_ = 0;
};

TEST(ForwarderStorm, FailsNoRequestWhilePartitionsMoveAsPlanned) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    PlannedMoves moves(seed);
    moves.run(6'000);
    ASSERT_EQ(moves.wrong, "") << "seed " << seed;
    ASSERT_EQ(moves.open(), 0u) << "seed " << seed;
  }
}

TEST(ForwarderStorm, AnswersEachRequestOnceAndTrulyWhateverMovesAndBreaks) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    Storm storm(seed);
    storm.run(600);
    ASSERT_EQ(storm.wrong, "") << "seed " << seed;
  }
}

}  // namespace
}  // namespace spate
