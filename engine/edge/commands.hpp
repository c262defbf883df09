// Commands: single commands from request to answer, and the wait for their outcome.
#pragma once
#include "engine/edge/edge_thread.hpp"

namespace spate::edge {

class Commands final : public Recipient {
 public:
  explicit Commands(EdgeThread& edge) : edge_(edge) {}

  /// POST /v1/{domain}/{stream}/{command}
  void take(Exchange&& exchange, Route&& route, const Request& request);
  /// GET /v1/{domain}/{stream}/commands/{id}, or …/commands?key=K
  void look_up(Exchange&& exchange, Route&& route, const Request& request);

  void delivered(uint64_t tag, const ReplyHead& head, Bytes body) override;
  /// Time-outs: asks what became of commands that waited long enough.
  void tick();
  std::size_t waiting() const { return waiting_count_; }

 private:
  enum class Phase : uint8_t {
    free,
    deciding,  ///< submitted; the outcome comes, or the wait ends
    asking,    ///< the wait is over: is the command durable at least?
    looking,   ///< a look-up: nothing was submitted
  };
  struct Waiting {
    Phase phase = Phase::free;
    uint32_t generation = 0;
    Exchange exchange;
    const DomainPlan* domain = nullptr;
    const CommandPlan* command = nullptr;  ///< null: a look-up
    std::string stream;
    std::string minted_key;
    std::string applied;
    CommandId id;
    uint32_t dense = 0;
    bool async = false;
    bool asks = false;  ///< deciding: whoever had it lost the partition; its owner is asked
    int64_t deadline_ns = 0;
    int64_t until_ns = 0;  ///< looking: how long a question that met a move is put again
    uint64_t submit_ticket = 0;
    uint64_t find_ticket = 0;
  };
  uint32_t claim();
  void release(uint32_t index);
  void submit(uint32_t index, bool async, Bytes body);
  void ask(uint32_t index);
  void on_pending(uint32_t index);
  void on_unknown(uint32_t index);
  void on_refused(uint32_t index, const ReplyHead& head, bool answers_submit);
  void on_time(uint32_t index, int64_t now);
  void answer_outcome(uint32_t index, const ReplyHead& head, Bytes body);
  void answer_undecided(uint32_t index);
  void answer_refusal(uint32_t index, Answer answer, bool decided_before = false);
  void answer(uint32_t index, Response&& response);
  void give_up(uint32_t index, const Problem& problem);

  EdgeThread& edge_;
  std::vector<Waiting> waiting_;
  std::vector<uint32_t> free_;
  std::size_t waiting_count_ = 0;
};

/// The problem of a command that was not taken, or of which nobody knows whether it was. Requires:
/// the answer is a refusal. `decided_before`: it is the repeat of a command, and of too many.
Problem refusal(Answer answer, bool decided_before = false);

}  // namespace spate::edge
