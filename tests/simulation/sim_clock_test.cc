#include "simulation/sim_clock.h"

#include <gtest/gtest.h>

#include "base/clock.h"

namespace weir {
namespace {

TEST(SimClock, RunsAwayByItsDrift) {
  const SimClock clock(3600 * kNsPerSecond, 100'000);  // an hour ahead, 100 ppm fast
  EXPECT_EQ(clock.Read(0), 3600 * kNsPerSecond);
  EXPECT_EQ(clock.Read(10 * kNsPerSecond), 3610 * kNsPerSecond + kNsPerMs);
}

TEST(SimClock, NeverGoesBackwardsByItself) {
  for (const int64_t drift : {-100'000, -1, 0, 1, 100'000}) {
    const SimClock clock(-5, drift);
    for (int64_t now = 0; now < 3'000'000; now += 7) {
      ASSERT_GE(clock.Read(now + 1), clock.Read(now)) << drift;
    }
  }
}

TEST(SimClock, TellsWhenATimeOnItComes) {
  for (const int64_t drift : {-100'000, -3, 0, 3, 100'000}) {
    const SimClock clock(-3600 * kNsPerSecond, drift);
    for (int64_t now = 1; now < 1000 * kNsPerSecond; now += 33'333'333'333) {
      const int64_t at = clock.TrueAt(clock.Read(now));
      EXPECT_GE(clock.Read(at), clock.Read(now));
      EXPECT_LT(clock.Read(at - 1), clock.Read(now));
    }
  }
}

TEST(SimClock, Jumps) {
  SimClock clock(0, 0);
  clock.Step(-100);
  clock.Step(30);
  EXPECT_EQ(clock.Read(1000), 930);
}

}  // namespace
}  // namespace weir
