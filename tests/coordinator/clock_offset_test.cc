// Offsets between clocks, in simulated time (R38).
#include "coordinator/clock_offset.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <vector>

#include "base/clock.h"
#include "base/random.h"

namespace weir {
namespace {

// An agent whose clock is off, drifts and steps, behind a network with exponential jitter.
class FarClock {
 public:
  FarClock(int64_t offset_ns, double ppm, int64_t jitter_ns)
      : offset_ns_(offset_ns), ppm_(ppm), jitter_ns_(jitter_ns) {}

  int64_t Read(int64_t now_ns) const {
    return now_ns + offset_ns_ + std::llround(ppm_ * 1e-6 * static_cast<double>(now_ns));
  }
  int64_t TrueOffset(int64_t now_ns) const { return Read(now_ns) - now_ns; }
  void Step(int64_t by_ns) { offset_ns_ += by_ns; }

  // One ping and its pong; returns when the pong arrived.
  int64_t Exchange(int64_t sent_ns, ClockOffset* clock) {
    const int64_t there_ns = sent_ns + kPathNs + Jitter();
    const int64_t back_ns = there_ns + kPathNs + Jitter();
    clock->Add(sent_ns, Read(there_ns), Read(there_ns), back_ns);
    return back_ns;
  }

  int64_t Burst(int count, int64_t now_ns, ClockOffset* clock) {
    while (count-- > 0) now_ns = Exchange(now_ns, clock);
    clock->EndBurst();
    return now_ns;
  }

 private:
  static constexpr int64_t kPathNs = 50 * kNsPerUs;
  int64_t Jitter() {
    return static_cast<int64_t>(-std::log(1 - Unit(Draw(7, ++draws_))) *
                                static_cast<double>(jitter_ns_));
  }

  int64_t offset_ns_;
  const double ppm_;
  const int64_t jitter_ns_;
  uint64_t draws_ = 0;
};

constexpr int64_t kHourNs = 3600 * kNsPerSecond;

TEST(ClockOffset, TrustsTheQuickestExchange) {
  ClockOffset clock;
  clock.Add(0, 1'000'500, 1'000'500, 5'000);        // slow, lopsided
  clock.Add(10'000, 1'010'050, 1'010'050, 10'100);  // quick
  clock.Add(20'000, 1'023'000, 1'023'000, 26'000);
  EXPECT_EQ(clock.OffsetAt(26'000), 1'000'000);
  EXPECT_EQ(clock.BoundAt(10'050), 50);
}

TEST(ClockOffset, IsWithinItsBoundForClocksAnHourApart) {
  for (const int64_t skew_ns : {-kHourNs, int64_t{0}, kHourNs}) {
    FarClock agent(skew_ns, 0, 100 * kNsPerUs);
    ClockOffset clock;
    const int64_t now = agent.Burst(64, kNsPerSecond, &clock);
    EXPECT_EQ(clock.samples(), 64);
    EXPECT_LE(std::abs(clock.OffsetAt(now) - agent.TrueOffset(now)), clock.BoundAt(now));
    EXPECT_LE(std::abs(clock.OffsetAt(now) - agent.TrueOffset(now)), 20 * kNsPerUs);
    EXPECT_FALSE(clock.TakeStep());
  }
}

TEST(ClockOffset, HidesAnAsymmetryInsideTheBound) {
  ClockOffset clock;
  for (int64_t now = 0; now < 64 * kNsPerMs; now += kNsPerMs) {
    clock.Add(now, now + 100'000, now + 100'000, now + 150'000);  // 100 µs there, 50 µs back
  }
  EXPECT_EQ(clock.OffsetAt(64 * kNsPerMs), 25'000);
  EXPECT_GE(clock.BoundAt(64 * kNsPerMs), 25'000);
}

TEST(ClockOffset, WidensItsBoundByFiftyPartsInAMillionOfItsAgeForEachClock) {
  ClockOffset clock;
  clock.Add(0, 50'000, 50'000, 100'000);
  EXPECT_EQ(clock.BoundAt(50'000), 50'000);
  EXPECT_EQ(clock.BoundAt(50'000 + 10 * kNsPerSecond), 50'000 + 1'000'000);
}

TEST(ClockOffset, WidensItHalfAsFastOnceALineSaysHowTheClocksDrift) {
  FarClock agent(0, 100, 0);
  ClockOffset clock;
  for (int64_t now = 0; now <= 20; now += 10) agent.Burst(8, now * kNsPerSecond, &clock);
  const int64_t now = 20 * kNsPerSecond;
  EXPECT_NEAR(static_cast<double>(clock.BoundAt(now + 10 * kNsPerSecond) - clock.BoundAt(now)),
              500'000, 2'000);
}

// Early exchanges are slow on the way there, late ones on the way back: the points of the line lie
// as badly as they can.
TEST(ClockOffset, IsWithinItsBoundWhereDelaysTiltTheLine) {
  constexpr int64_t kRoundTripNs = 100 * kNsPerUs;
  constexpr int kBursts = 20;
  for (const int64_t span_ns : {kNsPerSecond, 2'200 * kNsPerMs, 5 * kNsPerSecond}) {
    ClockOffset clock;
    for (int i = 0; i < kBursts; ++i) {
      const int64_t sent_ns = i * span_ns / kBursts;
      const int64_t there_ns = sent_ns + (i < kBursts / 2 ? 0 : kRoundTripNs);
      clock.Add(sent_ns, there_ns, there_ns, sent_ns + kRoundTripNs);
      clock.EndBurst();
    }
    for (int64_t later_ns = 0; later_ns < 30 * kNsPerSecond; later_ns += kNsPerSecond) {
      const int64_t at_ns = span_ns + later_ns;
      EXPECT_LE(std::abs(clock.OffsetAt(at_ns)), clock.BoundAt(at_ns)) << span_ns << " " << at_ns;
    }
  }
}

TEST(ClockOffset, FindsTheDriftOfAClockAndFollowsIt) {
  FarClock agent(kHourNs, 100, 100 * kNsPerUs);
  ClockOffset clock;
  agent.Burst(64, 0, &clock);
  EXPECT_EQ(clock.drift_ppm(), 0);
  for (int64_t now = 10; now <= 600; now += 10) {
    agent.Burst(8, now * kNsPerSecond, &clock);
    // Where the next burst comes just in time, the line has long been good.
    const int64_t late = (now + 9) * kNsPerSecond;
    ASSERT_LE(std::abs(clock.OffsetAt(late) - agent.TrueOffset(late)), clock.BoundAt(late));
  }
  EXPECT_NEAR(clock.drift_ppm(), 100, 2);
  EXPECT_FALSE(clock.TakeStep());
}

TEST(ClockOffset, DoesNotTakeFastDriftForAStep) {
  for (const double ppm : {-400., 400.}) {
    FarClock agent(0, ppm, 20 * kNsPerUs);
    ClockOffset clock;
    agent.Burst(64, 0, &clock);
    for (int64_t now = 10; now <= 100; now += 10) agent.Burst(8, now * kNsPerSecond, &clock);
    EXPECT_FALSE(clock.TakeStep()) << ppm;
  }
}

TEST(ClockOffset, NoticesAStepMidRunAndStartsAnew) {
  for (const int64_t step_ns : {-kHourNs, -20 * kNsPerMs, 20 * kNsPerMs, kHourNs}) {
    FarClock agent(5 * kNsPerSecond, 20, 100 * kNsPerUs);
    ClockOffset clock;
    agent.Burst(64, 0, &clock);
    for (int64_t now = 10; now <= 60; now += 10) agent.Burst(8, now * kNsPerSecond, &clock);
    agent.Step(step_ns);
    agent.Exchange(65 * kNsPerSecond, &clock);
    const std::optional<int64_t> seen = clock.TakeStep();
    ASSERT_TRUE(seen) << step_ns;
    EXPECT_NEAR(static_cast<double>(*seen), static_cast<double>(step_ns), 2. * kNsPerMs);
    EXPECT_FALSE(clock.TakeStep()) << "said once";
    const int64_t now = agent.Burst(8, 70 * kNsPerSecond, &clock);
    EXPECT_LE(std::abs(clock.OffsetAt(now) - agent.TrueOffset(now)), clock.BoundAt(now));
    EXPECT_FALSE(clock.TakeStep());
  }
}

// Delay alone is never a step, however long and one-sided, in whatever order things arrive.
TEST(ClockOffset, DoesNotTakeADelayForAStep) {
  FarClock agent(kHourNs, 30, 0);
  ClockOffset clock;
  agent.Burst(64, 0, &clock);
  for (const int64_t delay_ns : {kNsPerMs, kNsPerSecond, 60 * kNsPerSecond}) {
    const int64_t sent = 100 * kNsPerSecond;
    clock.Add(sent, agent.Read(sent + delay_ns), agent.Read(sent + delay_ns), sent + delay_ns + 1);
    clock.Add(sent, agent.Read(sent + 1), agent.Read(sent + 1), sent + delay_ns);
  }
  EXPECT_FALSE(clock.TakeStep());
}

TEST(ClockOffset, RemembersTheSlowestOfTheLatestExchanges) {
  ClockOffset clock;
  clock.Add(0, 10, 10, 5'000'000);
  clock.Add(0, 10, 10, 20);
  EXPECT_EQ(clock.worst_round_trip_ns(), 5'000'000);
  clock.EndBurst();
  EXPECT_EQ(clock.worst_round_trip_ns(), 5'000'000);
  clock.Add(0, 10, 10, 30);
  clock.EndBurst();
  EXPECT_EQ(clock.worst_round_trip_ns(), 30);
}

}  // namespace
}  // namespace weir
