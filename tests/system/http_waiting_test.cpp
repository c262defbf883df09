// Who waits for a view to move on is woken by its moving on, not by the next time-out's tick.
#include <gtest/gtest.h>

#include "tests/system/http_kit.hpp"

namespace spate::edge {
namespace {

std::string field(const std::string& answer, const std::string& name) {
  const std::size_t at = answer.find("\"" + name + "\":\"");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + name.size() + 4;
  return answer.substr(begin, answer.find('"', begin) - begin);
}

/// The waiter registers and the view moves on at nearly the same time, in either order, for many
/// rounds; with a tick an hour apart a lost wake-up is never made good.
TEST(HttpWaiting, NoFollowerIsMissedByAViewThatMovesOn) {
  EdgeLimits limits;
  limits.tick_ms = 3'600'000;
  HttpKit kit(limits);
  RawConnection sender(kit.port()), follower(kit.port());
  ASSERT_TRUE(sender.send(request_text("POST", "/v1/redemptions/c/open", R"({"stock":100000})")));
  ASSERT_EQ(sender.status(), 200);
  ASSERT_TRUE(follower.send(request_text("GET", "/v1/redemptions/outcomes")));
  std::string next = field(follower.answer(), "next");
  for (int round = 0; round < 2000; ++round) {
    ASSERT_NE(next, "");
    const std::string follow = request_text("GET", next, {}, "Prefer: wait=9\r\n");
    const std::string redeem = request_text("POST", "/v1/redemptions/c/redeem",
                                            R"({"claimant":"p)" + std::to_string(round) + "\"}");
    const bool follows_first = round % 2 == 0;
    ASSERT_TRUE(follows_first ? follower.send(follow) : sender.send(redeem));
    ASSERT_TRUE(follows_first ? sender.send(redeem) : follower.send(follow));
    const std::string followed = follower.answer();
    ASSERT_NE(followed.find("\"p" + std::to_string(round) + "\""), std::string::npos)
        << round << ": " << followed;
    ASSERT_EQ(sender.status(), 200);
    next = field(followed, "next");
  }
}

}  // namespace
}  // namespace spate::edge
