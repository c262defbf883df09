// DeskKit: requests as raw HTTP text through the parser to a desk over the whole engine, no
// sockets.
//
//   DeskKit kit;
//   kit.post("/v1/redemptions/c/open", R"({"stock":2})");      // {200, …}
//   kit.get("/v1/redemptions/c")
#pragma once
#include <map>

#include "engine/edge/desk.hpp"
#include "engine/edge/request_parser.hpp"
#include "tests/engine/edge/engine_kit.hpp"
#include "tests/support/virtual_clock.hpp"

namespace spate::edge {

class DeskKit {
 public:
  explicit DeskKit(EdgeLimits limits = {}, std::size_t ring_bytes = 8 << 20)
      : engine(clock, ring_bytes),
        context(engine.context(clock, limits)),
        held(limits.held_bytes_max),
        desk(context, 0, held),
        sink_(std::make_shared<Sink>()) {
    settle();
  }

  using Headers = std::vector<std::pair<std::string, std::string>>;

  /// Sends without stepping anything; the answer is taken later.
  uint64_t send(const std::string& method, const std::string& target, const std::string& body = {},
                Headers headers = {}) {
    std::string text = method + " " + target + " HTTP/1.1\r\nHost: here\r\n";
    for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
    if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    text += "\r\n" + body;
    RequestParser parser(context.limits);
    ENSURE(parser.parse(text) == RequestParser::State::done);
    desk.take(parser.request(), {sink_, ++slot_});
    return slot_;
  }
  /// The answer, when there is one.
  const Response* answer(uint64_t slot) const {
    const auto found = sink_->answers.find(slot);
    return found == sink_->answers.end() ? nullptr : &found->second;
  }
  /// Everything decided, durable, projected, answered.
  void settle() {
    for (bool moved = true; moved;) {
      if (desk.wants_turn()) desk.turn();
      desk.ring();
      moved = engine.step();
      desk.poll();
      moved |= desk.wants_turn();
    }
  }
  /// Time passes: so that waits end.
  void wait_ms(int64_t ms) {
    clock.advance_ns(ms * 1'000'000);
    desk.tick();
  }
  Response call(const std::string& method, const std::string& target, const std::string& body = {},
                Headers headers = {}) {
    const uint64_t slot = send(method, target, body, std::move(headers));
    settle();
    const Response* found = answer(slot);
    ENSURE(found != nullptr);
    return *found;
  }
  Response post(const std::string& target, const std::string& body = "{}", Headers headers = {}) {
    headers.emplace_back("Content-Type", "application/json");
    return call("POST", target, body, std::move(headers));
  }
  Response batch(const std::string& lines, Headers headers = {}) {
    headers.emplace_back("Content-Type", "application/x-ndjson");
    return call("POST", "/v1/batch", lines, std::move(headers));
  }
  Response get(const std::string& target, Headers headers = {}) {
    return call("GET", target, {}, std::move(headers));
  }
  /// Of a campaign.
  PartitionId partition(std::string_view campaign) const {
    return Topology::partition_for(*engine.log.topology().find("redemptions"), campaign);
  }
  void hang_up() { sink_->hung_up = true; }

  VirtualClock clock;
  EngineKit engine;
  EdgeContext context;
  HeldBytes held;
  Desk desk;

 private:
  struct Sink final : AnswerSink {
    void answer(uint64_t slot, Response&& response) override {
      ENSURE(answers.emplace(slot, std::move(response)).second);  // exactly once
    }
    bool gone() const override { return hung_up; }
    std::map<uint64_t, Response> answers;
    bool hung_up = false;
  };
  std::shared_ptr<Sink> sink_;
  uint64_t slot_ = 0;
};

/// A header of an answer; empty when there is none.
inline std::string header_of(const Response& response, std::string_view name) {
  const std::string all = "\r\n" + response.headers;
  const std::size_t at = all.find("\r\n" + std::string(name) + ": ");
  if (at == std::string::npos) return {};
  const std::size_t from = at + name.size() + 4;
  return all.substr(from, all.find("\r\n", from) - from);
}

inline bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace spate::edge
