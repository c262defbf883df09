// Loop: one edge thread: its listener, its connections, its desk and its bell. Includes Asio.
#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "engine/edge/desk.hpp"
#include "engine/edge/session.hpp"
#include "engine/edge/wanted_bell.hpp"

namespace spate::edge {

class Loop final : public Bell {
 public:
  using Tcp = boost::asio::ip::tcp;
  /// `places_taken`: of connections_max, by all loops of the server; outlives the loop.
  Loop(const EdgeContext& context, std::size_t thread, std::atomic<std::size_t>& places_taken);

  /// A burst of rings costs one wake-up.
  void ring() override;
  /// Rung whenever a view moves on; wakes this thread only while somebody waits for that.
  Bell& view_bell() { return view_bell_; }
  /// Requires: called before `run`.
  void listen(Tcp::acceptor&& acceptor) { acceptor_ = std::move(acceptor); }
  void run();
  void leave();
  void drain();
  void stop();

  boost::asio::io_context& io() { return io_; }
  const EdgeContext& context() const { return context_; }
  const EdgeLimits& limits() const { return context_.limits; }
  Desk& desk() { return desk_; }
  std::size_t thread() const { return thread_; }
  /// Coarse: moves with the tick.
  int64_t now_ms() const { return now_ms_; }
  /// Of the header Date; as coarse.
  std::string_view date() const { return date_; }
  /// A connection ends with the answers that are due on it.
  bool is_leaving() const { return leaving_; }
  bool is_draining() const { return draining_; }
  std::size_t connections() const { return connections_.load(std::memory_order_relaxed); }

  // For sessions.
  void mark_dirty(Session& session);
  void wait_for_credit(Session& session);
  void remove(Session& session);
  HeldBytes& held() { return held_; }
  /// Where bytes are read to that nobody wants; any number of sessions at once.
  std::vector<char>& forgotten() { return forgotten_; }
  /// At the end of every handler: sends answers, resumes who waits, wakes the processors.
  void settle();

 private:
  void accept();
  void on_accept(const boost::system::error_code& error, Tcp::socket socket);
  void admit(Tcp::socket socket);
  void admit_who_is_connected();
  bool take_place();
  void shed();
  void on_bell();
  void on_tick();
  void start_tick();

  const EdgeContext& context_;
  const std::size_t thread_;
  std::atomic<std::size_t>& places_taken_;
  HeldBytes held_;  ///< before `io_`: what dies with that still changes it
  std::vector<char> forgotten_ = std::vector<char>(64 << 10);
  boost::asio::io_context io_{1};
  Tcp::acceptor acceptor_{io_};
  boost::asio::steady_timer ticker_{io_};
  Desk desk_;
  std::vector<std::shared_ptr<Session>> sessions_;
  std::deque<std::shared_ptr<Session>> spares_;  ///< those without a place, oldest first
  std::vector<std::shared_ptr<Session>> dirty_;
  std::deque<std::shared_ptr<Session>> waiting_;
  std::atomic<std::size_t> connections_{0};
  std::atomic<bool> rung_{false};
  WantedBell view_bell_{*this};
  int64_t now_ms_ = 0;
  std::string date_;
  bool turn_posted_ = false;
  bool accepting_ = false;
  bool leaving_ = false;
  bool draining_ = false;
};

}  // namespace spate::edge
