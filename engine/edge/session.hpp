// Session: one connection; reads requests strictly, answers them in order. Includes Asio.
#pragma once
#include <boost/asio/ip/tcp.hpp>
#include <deque>

#include "engine/base/bytes.hpp"
#include "engine/edge/problem.hpp"
#include "engine/edge/request_parser.hpp"

namespace spate::edge {

class Loop;

/// Life: start, any number of requests, then the last answer, a short linger, close. Everything
/// happens on the loop's thread; the loop owns the session until `close`.
class Session final : public AnswerSink, public std::enable_shared_from_this<Session> {
 public:
  /// `spare`: beyond connections_max; a probe is answered, all else refused, then it ends.
  Session(Loop& loop, boost::asio::ip::tcp::socket socket, bool spare);
  ~Session() override;

  void start();
  void answer(uint64_t slot, Response&& response) override;
  bool gone() const override { return closed_; }

  /// Sends what answers have piled up.
  void flush();
  /// Goes on with requests that were left lying for want of credit or room.
  void resume();
  /// Time-outs.
  void tick(int64_t now_ms);
  /// Requires: its loop drains. Closes when idle, else after the answers that are due.
  void drain();
  void close();
  /// Answers that wait for their turn or for the client to take them.
  std::size_t unsent_bytes() const {
    return waiting_bytes_ + out_.size() + sending_.size() - sent_;
  }
  /// Nothing of them was taken since then.
  bool is_stalled(int64_t since_ms) const {
    return !sending_.empty() && sending_since_ms_ < since_ms;
  }
  /// A spare one gives its room to another: refused, unless it was answered, and closed.
  void make_room();

  const bool is_spare;
  std::size_t place = 0;    ///< in the loop's list of sessions
  bool is_dirty = false;    ///< in the loop's list of sessions to flush
  bool is_waiting = false;  ///< in the loop's list of sessions that wait for credit

 private:
  struct Slot {
    bool done = false;
    bool with_body = true;
    bool keep_alive = true;
    bool is_old = false;
    Response response;
  };
  void read();
  void on_read(const boost::system::error_code& error, std::size_t bytes);
  void process();
  bool may_take();
  bool is_whole_probe(RequestParser::State state) const;
  void take_request();
  void refuse(int status, std::string_view code, const std::string& detail);
  void refuse(const Problem& problem);
  void refuse_spare();
  void drop_consumed(std::size_t bytes);
  void release_answers();
  void send_rest();
  void on_sent(const boost::system::error_code& error, std::size_t bytes);
  void after_sending();
  void linger();
  void read_and_forget();
  void close_unless_more_came();
  bool has_room();
  void give_back();
  void account();
  std::string_view unread() const;
  bool is_idle() const {
    return slots_.empty() && out_.empty() && sending_.empty() && unread().empty();
  }

  Loop& loop_;
  boost::asio::ip::tcp::socket socket_;
  RequestParser parser_;
  ByteBuffer in_;
  std::size_t in_begin_ = 0;  ///< bytes before it belong to requests already taken
  std::size_t held_bytes_ = 0;  ///< in the account of the thread
  std::deque<Slot> slots_;
  uint64_t first_slot_ = 0;
  std::size_t waiting_bytes_ = 0;  ///< answers in slots: others come before them
  std::string out_;  ///< answers not handed to the socket yet
  std::string sending_;
  std::size_t sent_ = 0;
  int64_t request_since_ms_ = 0;  ///< 0: no request has begun
  int64_t quiet_since_ms_ = 0;
  int64_t sending_since_ms_ = 0;
  int64_t linger_until_ms_ = 0;  ///< 0: not lingering
  std::size_t lingered_bytes_ = 0;
  bool reading_ = false;
  bool last_request_ = false;  ///< nothing further is read; closes after the last answer
  bool continued_ = false;     ///< `100 Continue` was sent for this request
  bool closed_ = false;
};

}  // namespace spate::edge
