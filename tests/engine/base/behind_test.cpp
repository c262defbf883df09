// Behind: what the system says of a thread that stands back.
#include "engine/base/behind.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <thread>

namespace spate {
namespace {

struct Place {
  int policy = 0, niceness = 0;
  bool operator==(const Place&) const = default;
};

Place place() {
  return {::sched_getscheduler(0), ::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()))};
}

Place place_after(void (*stand_back)()) {
  Place at;
  std::thread([&] { stand_back(), at = place(); }).join();
  return at;
}

TEST(Behind, WhoGoesBehindGetsLittleWhereOthersWantItAll) {
  const Place behind = place_after(go_behind);
  EXPECT_EQ(behind.policy, SCHED_BATCH);
  EXPECT_GE(behind.niceness, 10);
}

TEST(Behind, IsOfTheThreadAlone) {
  const Place before = place();
  place_after(go_behind);
  EXPECT_EQ(place(), before);
}

}  // namespace
}  // namespace spate
