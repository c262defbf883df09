// The event loop of one edge thread.
#include "engine/edge/loop.hpp"

#include <boost/asio/post.hpp>

namespace spate::edge {
namespace {
namespace asio = boost::asio;
using boost::system::error_code;
}  // namespace

Loop::Loop(const EdgeContext& context, std::size_t thread, std::atomic<std::size_t>& places_taken)
    : context_(context),
      thread_(thread),
      places_taken_(places_taken),
      held_(context.limits.held_bytes_max),
      desk_(context, thread, held_),
      now_ms_(context.clock.monotonic_ns() / 1'000'000),
      date_(http_date(context.clock.wall())) {}

void Loop::ring() {
  if (!rung_.exchange(true)) asio::post(io_, std::bind_front(&Loop::on_bell, this));
}

void Loop::on_bell() {
  rung_.exchange(false);  // before looking: what is committed later rings again
  desk_.poll();
  settle();
}

void Loop::run() {
  start_tick();
  accept();
  io_.run();
}

void Loop::leave() {
  asio::post(io_, [this] { leaving_ = true; });
}

void Loop::drain() {
  asio::post(io_, [this] {
    leaving_ = draining_ = true;
    admit_who_is_connected();
    error_code ignored;
    acceptor_.close(ignored);
    desk_.drain();
    const auto all = sessions_;  // closing changes the list
    for (const auto& session : all) session->drain();
    settle();
  });
}

void Loop::stop() {
  asio::post(io_, [this] {
    error_code ignored;
    acceptor_.close(ignored);
    const auto all = sessions_;
    for (const auto& session : all) session->close();
    io_.stop();
  });
}

void Loop::accept() {
  if (accepting_ || draining_) return;
  accepting_ = true;
  acceptor_.async_accept(std::bind_front(&Loop::on_accept, this));
}

bool Loop::take_place() {
  if (places_taken_.fetch_add(1) < limits().connections_max) return true;
  places_taken_.fetch_sub(1);
  return false;
}

void Loop::on_accept(const error_code& error, Tcp::socket socket) {
  accepting_ = false;
  if (error) return;  // out of descriptors, say: the tick tries again
  admit(std::move(socket));
  if (draining_) sessions_.back()->drain();
  accept();
}

/// Whoever the kernel keeps for a listener is reset when that closes, with the request it has sent.
void Loop::admit_who_is_connected() {
  error_code error;
  acceptor_.non_blocking(true, error);
  while (!error) {
    Tcp::socket socket(io_);
    acceptor_.accept(socket, error);
    if (!error) admit(std::move(socket));
  }
}

/// Beyond the limit, too, somebody answers: left in the kernel's queue a client would only wait.
void Loop::admit(Tcp::socket socket) {
  const bool spare = !take_place();
  if (spare && spares_.size() >= limits().spare_connections_max) {
    const auto oldest = spares_.front();
    oldest->make_room();
  }
  auto session = std::make_shared<Session>(*this, std::move(socket), spare);
  if (spare) spares_.push_back(session);
  session->place = sessions_.size();
  sessions_.push_back(session);
  connections_.store(sessions_.size(), std::memory_order_relaxed);
  session->start();
}

void Loop::remove(Session& session) {
  const std::size_t place = session.place;
  const auto keep = sessions_[place];  // until this function ends
  sessions_[place] = std::move(sessions_.back());
  sessions_[place]->place = place;
  sessions_.pop_back();
  if (session.is_spare)
    std::erase(spares_, keep);
  else
    places_taken_.fetch_sub(1);
  connections_.store(sessions_.size(), std::memory_order_relaxed);
}

void Loop::mark_dirty(Session& session) {
  if (session.is_dirty) return;
  session.is_dirty = true;
  dirty_.push_back(session.shared_from_this());
}

void Loop::wait_for_credit(Session& session) {
  if (session.is_waiting) return;
  session.is_waiting = true;
  waiting_.push_back(session.shared_from_this());
}

/// Ends connections that leave answers unread, those first that took nothing of them of late, the
/// largest first: their commands are decided, the answers can be asked for again.
void Loop::shed() {
  if (!held_.is_over()) return;
  std::vector<std::shared_ptr<Session>> unread;
  for (const auto& session : sessions_)
    if (session->unsent_bytes() > 0) unread.push_back(session);
  const int64_t of_late_ms = now_ms_ - limits().tick_ms;
  std::ranges::sort(unread, std::greater(), [&](const auto& session) {
    return std::pair(session->is_stalled(of_late_ms), session->unsent_bytes());
  });
  std::size_t ended = 0;
  for (; ended < unread.size() && held_.is_nearly_over(); ++ended) unread[ended]->close();
  if (context_.observer != nullptr) context_.observer->shed(thread_, ended);
}

void Loop::settle() {
  do {
    while (!dirty_.empty()) {
      const auto session = std::move(dirty_.back());
      dirty_.pop_back();
      session->is_dirty = false;
      session->flush();
    }
    while (!waiting_.empty() && desk_.has_credit()) {
      const auto session = std::move(waiting_.front());
      waiting_.pop_front();
      session->is_waiting = false;
      session->resume();
    }
  } while (!dirty_.empty());
  view_bell_.wanted(desk_.awaits_views());
  if (turn_posted_ || (!desk_.wants_ring() && !desk_.wants_turn())) return;
  // Behind all handlers that are ready now: one wake-up of the processor for all their commands.
  turn_posted_ = true;
  asio::post(io_, [this] {
    turn_posted_ = false;
    if (desk_.wants_turn()) desk_.turn();
    desk_.ring();
    settle();
  });
}

void Loop::start_tick() {
  ticker_.expires_after(std::chrono::milliseconds(limits().tick_ms));
  ticker_.async_wait([this](const error_code& error) {
    if (error) return;
    on_tick();
    start_tick();
  });
}

void Loop::on_tick() {
  now_ms_ = context_.clock.monotonic_ns() / 1'000'000;
  date_ = http_date(context_.clock.wall());
  shed();
  const auto all = sessions_;
  for (const auto& session : all) session->tick(now_ms_);
  desk_.tick();
  if (context_.observer != nullptr)
    context_.observer->load(thread_, sessions_.size(), desk_.in_flight(), held_.sum());
  accept();
  settle();
}

}  // namespace spate::edge
