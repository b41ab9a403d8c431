#include "backends/null/service_queue.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/simulated_loop.h"

namespace weir {
namespace {

class Answers final : public CompletionSink {
 public:
  explicit Answers(SimulatedLoop& loop) : loop_(loop) {}
  void Complete(Ticket ticket, const Outcome&) override { at_ns_[ticket] = loop_.Now(); }
  void Ready(Session*) override {}

  SimulatedLoop& loop_;
  std::map<Ticket, int64_t> at_ns_;
};

class ServiceQueueTest : public testing::Test {
 protected:
  void RunUntil(int64_t ns) {
    while (loop_.NextTimerNs() <= ns) loop_.RunOnce(ns);
    if (loop_.Now() < ns) loop_.Advance(ns - loop_.Now());
  }

  SimulatedLoop loop_;
  Answers answers_{loop_};
};

TEST_F(ServiceQueueTest, ServesOneAfterTheOther) {
  ServiceQueue queue({.mean_ns = 10, .servers = 1}, loop_);
  for (Ticket ticket = 1; ticket <= 3; ++ticket) queue.Enter(nullptr, answers_, ticket, {});
  RunUntil(100);
  EXPECT_EQ(answers_.at_ns_, (std::map<Ticket, int64_t>{{1, 10}, {2, 20}, {3, 30}}));
}

TEST_F(ServiceQueueTest, ServesAsManyAtATimeAsThereAreServers) {
  ServiceQueue queue({.mean_ns = 10, .servers = 2}, loop_);
  for (Ticket ticket = 1; ticket <= 3; ++ticket) queue.Enter(nullptr, answers_, ticket, {});
  RunUntil(100);
  EXPECT_EQ(answers_.at_ns_, (std::map<Ticket, int64_t>{{1, 10}, {2, 10}, {3, 20}}));
}

TEST_F(ServiceQueueTest, ServesAllAtOnceWithoutALimit) {
  ServiceQueue queue({.mean_ns = 10}, loop_);
  for (Ticket ticket = 1; ticket <= 3; ++ticket) queue.Enter(nullptr, answers_, ticket, {});
  RunUntil(100);
  for (Ticket ticket = 1; ticket <= 3; ++ticket) EXPECT_EQ(answers_.at_ns_[ticket], 10);
}

TEST_F(ServiceQueueTest, KeepsServingWhatNobodyWaitsForAnyMore) {
  ServiceQueue queue({.mean_ns = 10, .servers = 1}, loop_);
  queue.Enter(nullptr, answers_, 1, {});
  queue.Enter(nullptr, answers_, 2, {});
  queue.Abandon(nullptr, 1);
  RunUntil(100);
  EXPECT_EQ(answers_.at_ns_, (std::map<Ticket, int64_t>{{2, 20}}));
}

// Poisson arrivals: the response time is exponential with rate μ − λ.
TEST_F(ServiceQueueTest, IsAnMm1Queue) {
  constexpr double kMeanNs = 1e6;
  constexpr double kRho = 0.7;
  constexpr Ticket kArrivals = 400'000;
  ServiceQueue queue({.mean_ns = static_cast<int64_t>(kMeanNs),
                      .law = v1::SERVICE_LAW_EXPONENTIAL,
                      .servers = 1,
                      .key = 7},
                     loop_);
  std::vector<int64_t> due(kArrivals);
  double at = 0;
  for (Ticket ticket = 0; ticket < kArrivals; ++ticket) {
    at += -std::log1p(-Unit(Draw(99, ticket))) * kMeanNs / kRho;
    due[ticket] = static_cast<int64_t>(at);
    RunUntil(due[ticket]);
    queue.Enter(nullptr, answers_, ticket, {});
  }
  RunUntil(INT64_MAX / 2);
  ASSERT_EQ(answers_.at_ns_.size(), kArrivals);
  const double expected_ns = kMeanNs / (1 - kRho);
  double sum = 0;
  uint64_t slow = 0;
  for (const auto& [ticket, done] : answers_.at_ns_) {
    sum += static_cast<double>(done - due[ticket]);
    slow += static_cast<double>(done - due[ticket]) > std::log(100) * expected_ns ? 1 : 0;
  }
  EXPECT_NEAR(sum / kArrivals / expected_ns, 1, 0.03);
  EXPECT_NEAR(static_cast<double>(slow) / kArrivals, 0.01, 0.002);
}

}  // namespace
}  // namespace weir
