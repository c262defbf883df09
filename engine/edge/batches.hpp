// Batches: POST /v1/batch; many commands in one request, one answer a line, in order.
#pragma once
#include "engine/edge/edge_thread.hpp"

namespace spate::edge {

/// One batch at work. Lines are sent to the processors as room allows, in their order, so those of
/// one stream are decided in order; a bad line spoils no other.
class Batch final : public Recipient {
 public:
  Batch(EdgeThread& edge, Exchange&& exchange, std::string body, Preferences prefer);
  ~Batch() override;

  /// Empty, or why no line of it is taken: no lines, or too many.
  std::optional<Problem> split();
  /// Works on up to `batch_turn_lines_max` lines. True: it could go on at once.
  bool turn();
  void tick();
  void delivered(uint64_t tag, const ReplyHead& head, Bytes body) override;
  bool is_finished() const { return next_ == lines_.size() && open_ == 0; }
  bool is_abandoned() const { return exchange_.reply.sink->gone(); }
  void finish();
  void fail(const Problem& problem) { edge_.fail(exchange_, problem); }

 private:
  struct Line {
    std::string_view text;
    std::string answer;  ///< empty: not answered yet
    const DomainPlan* domain = nullptr;
    const CommandPlan* command = nullptr;
    CommandId id;
    uint32_t dense = 0;
    bool asks = false;  ///< whoever had it lost the partition; its owner is asked
    uint64_t submit_ticket = 0;
    uint64_t find_ticket = 0;
  };
  enum class Went : uint8_t { on, full };
  bool is_async() const { return prefer_.respond_async || prefer_.wait_ms == 0; }
  Went start(std::size_t index);
  std::optional<Problem> prepare(Line& line, std::optional<MadeRecord>& record);
  void ask(std::size_t index);
  void ask_moved();
  void outcome(Line& line, std::size_t index, const ReplyHead& head, Bytes body);
  /// Answers a line by a problem.
  void invalid(std::size_t index, const Problem& problem, std::string_view outcome);
  /// The same for a line that was submitted.
  void unavailable_line(std::size_t index, const Problem& problem);
  void pending(std::size_t index);
  void close_line(std::size_t index);
  void hold(std::size_t bytes);
  Courier::Letter letter(const Line& line, std::size_t index);

  EdgeThread& edge_;
  Exchange exchange_;
  const std::string body_;
  const Preferences prefer_;
  std::vector<Line> lines_;
  std::size_t held_ = 0;  ///< bytes, in the account of the thread
  std::size_t next_ = 0;  ///< the first line that was not looked at
  std::size_t open_ = 0;  ///< lines submitted and not answered
  int64_t deadline_ns_ = 0;
  int64_t fate_deadline_ns_ = 0;  ///< 0: the wait is not over
};

class Batches {
 public:
  explicit Batches(EdgeThread& edge) : edge_(edge) {}

  void take(Exchange&& exchange, const Request& request);
  /// Goes on with those that may, when memory is full with the oldest only; call after replies
  /// came.
  void turn();
  bool wants_turn() const { return wants_turn_; }
  void tick();

 private:
  bool work_on(Batch& batch, bool is_oldest);

  EdgeThread& edge_;
  std::vector<std::unique_ptr<Batch>> batches_;
  bool wants_turn_ = false;
};

}  // namespace spate::edge
