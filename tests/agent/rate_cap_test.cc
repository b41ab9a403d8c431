#include "agent/rate_cap.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace weir {
namespace {

TEST(RateCap, GivesOutNoMoreThanItsAmountInASecond) {
  RateCap cap(1000, 4);
  Allowance allowance(&cap);
  for (uint32_t second : {0, 1, 5}) {
    int taken = 0;
    while (allowance.Take(second, 1)) ++taken;
    EXPECT_EQ(taken, 1000) << second;
  }
}

TEST(RateCap, IsSharedByAllWorkersWithoutAnyGettingTooMuch) {
  RateCap cap(100'000, 4);
  std::vector<int> taken(4);
  std::vector<std::thread> workers;
  for (int w = 0; w < 4; ++w) {
    workers.emplace_back([&, w] {
      Allowance allowance(&cap);
      while (allowance.Take(7, 1)) ++taken[static_cast<size_t>(w)];
    });
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(taken[0] + taken[1] + taken[2] + taken[3], 100'000);
}

TEST(RateCap, OneWorkerMayHaveNearlyAllWhileTheOthersRest) {
  RateCap cap(6400, 4);
  Allowance busy(&cap);
  Allowance resting(&cap);
  EXPECT_TRUE(resting.Take(0, 1));  // draws a portion and keeps it
  int taken = 0;
  while (busy.Take(0, 1)) ++taken;
  EXPECT_GE(taken, 6400 - 6400 / 64 / 4);
}

TEST(RateCap, AWorkerThatHasNotSeenTheSecondEndDrawsFromTheNext) {
  RateCap cap(10, 1);
  Allowance ahead(&cap);
  Allowance behind(&cap);
  EXPECT_TRUE(ahead.Take(6, 4));
  EXPECT_TRUE(behind.Take(5, 6));
  EXPECT_FALSE(ahead.Take(6, 1));
  EXPECT_FALSE(behind.Take(5, 1));
}

TEST(RateCap, OnceReachedGivesOutNothingMore) {
  RateCap cap(10, 1);
  Allowance allowance(&cap);
  cap.SetReached();
  EXPECT_FALSE(allowance.Take(3, 1));
}

TEST(Allowance, OwesWhatWasUsedBeyondTheCapToTheSecondsThatFollow) {
  RateCap cap(100, 1);
  Allowance allowance(&cap);
  EXPECT_FALSE(allowance.Settle(0, 250));
  EXPECT_FALSE(allowance.Settle(1, 0));  // 50 are left to owe
  EXPECT_TRUE(allowance.Settle(2, 0));
  EXPECT_TRUE(allowance.Take(2, 50));
  EXPECT_FALSE(allowance.Take(2, 1));
}

TEST(Allowance, WithoutACapAllowsEverything) {
  Allowance allowance;
  EXPECT_TRUE(allowance.Take(0, UINT64_MAX));
  EXPECT_TRUE(allowance.Settle(0, UINT64_MAX));
}

}  // namespace
}  // namespace weir
