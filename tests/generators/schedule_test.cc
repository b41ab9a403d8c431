#include "generators/schedule.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/generators/campaign_fixture.h"

namespace weir {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kSecond = 1'000'000'000;

struct Start {
  uint64_t index;
  int64_t offset_ns;
  bool operator==(const Start&) const = default;
};

std::unique_ptr<Schedule> MustMake(const std::string& settings, int64_t duration_ns,
                                   uint64_t seed = 1) {
  auto schedule = MakeSchedule(FromText<v1::OpenLoop>(settings), duration_ns, seed);
  EXPECT_TRUE(schedule.ok()) << schedule.status();
  return *std::move(schedule);
}

std::vector<Start> Walk(const Schedule& schedule, uint64_t first, uint64_t step) {
  std::vector<Start> starts;
  for (auto cursor = schedule.Cursor(first, step); !cursor->done(); cursor->Advance()) {
    starts.push_back({cursor->index(), cursor->offset_ns()});
  }
  return starts;
}

std::string Rate(uint64_t rate) { return "rate { " + RatePerSecond(rate) + " } "; }
std::string Stage(uint64_t from, uint64_t to, int64_t seconds) {
  return "stages { from { " + RatePerSecond(from) + " } to { " + RatePerSecond(to) +
         " } duration { ns: " + std::to_string(seconds * kSecond) + " } } ";
}
const char kConstant[] = "arrivals: ARRIVAL_PROCESS_CONSTANT ";

std::string Failure(const std::string& settings, int64_t duration_ns = kSecond) {
  const auto schedule = MakeSchedule(FromText<v1::OpenLoop>(settings), duration_ns, 1);
  EXPECT_EQ(schedule.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(schedule.status().message());
}

// Every kind of schedule must keep these.
class AnySchedule : public ::testing::TestWithParam<std::string> {
 protected:
  static constexpr int64_t kDuration = 3 * kSecond + 217'345'678;
  std::unique_ptr<Schedule> schedule_ = MustMake(GetParam(), kDuration, 7);
};

TEST_P(AnySchedule, SharesTogetherAreTheWholePlan) {
  const std::vector<Start> whole = Walk(*schedule_, 0, 1);
  ASSERT_EQ(whole.size(), schedule_->size());
  for (uint64_t shares : {3, 7, 50}) {
    std::vector<Start> merged;
    for (uint64_t share = 0; share < shares; ++share) {
      const std::vector<Start> part = Walk(*schedule_, share, shares);
      merged.insert(merged.end(), part.begin(), part.end());
    }
    std::sort(merged.begin(), merged.end(),
              [](const Start& a, const Start& b) { return a.index < b.index; });
    EXPECT_EQ(merged, whole) << shares << " shares";
  }
}

TEST_P(AnySchedule, StartsAscendWithinTheDuration) {
  const std::vector<Start> whole = Walk(*schedule_, 0, 1);
  ASSERT_FALSE(whole.empty());
  for (size_t i = 1; i < whole.size(); ++i) {
    ASSERT_LE(whole[i - 1].offset_ns, whole[i].offset_ns) << i;
  }
  EXPECT_GE(whole.front().offset_ns, 0);
  EXPECT_LT(whole.back().offset_ns, kDuration);
}

TEST_P(AnySchedule, CountBeforeCountsTheStarts) {
  const std::vector<Start> whole = Walk(*schedule_, 0, 1);
  std::vector<int64_t> instants = {
      -5, 0, 1, kSecond, 2 * kSecond, kDuration - 1, kDuration, kDuration + kSecond};
  for (size_t i = 0; i < whole.size(); i += whole.size() / 40 + 1) {
    instants.push_back(whole[i].offset_ns);
    instants.push_back(whole[i].offset_ns + 1);
  }
  for (int64_t t : instants) {
    const auto expected =
        std::lower_bound(whole.begin(), whole.end(), t,
                         [](const Start& start, int64_t at) { return start.offset_ns < at; }) -
        whole.begin();
    EXPECT_EQ(schedule_->CountBefore(t), static_cast<uint64_t>(expected)) << "before " << t;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, AnySchedule,
    ::testing::Values(kConstant + Rate(997), kConstant + Rate(3), Rate(5000), Rate(40),
                      Rate(200000), kConstant + Stage(0, 3000, 2) + Stage(3000, 100, 1),
                      kConstant + Stage(500, 500, 1) + Stage(0, 0, 1) + Stage(1500, 1500, 1),
                      Stage(0, 4000, 2) + Stage(3000, 100, 1) + Stage(70, 70, 1),
                      "rate { operations: 1000 per_ns: 60000000000 }"));

TEST(ConstantSchedule, BillionthOperationIsWithinOneNanosecond) {
  // 7/3 of a million per second: no gap is a whole number of nanoseconds.
  const auto schedule = MustMake(
      std::string(kConstant) + "rate { operations: 7000000 per_ns: 3000000000 }", 1000 * kSecond);
  const uint64_t index = 999'999'999;
  const auto cursor = schedule->Cursor(index, 1);
  ASSERT_FALSE(cursor->done());
  const long double exact = static_cast<long double>(index) * 3'000'000'000.0L / 7'000'000.0L;
  EXPECT_LE(std::fabs(static_cast<long double>(cursor->offset_ns()) - exact), 1.0L);
}

TEST(ConstantSchedule, FirstIsDueAtOnceAndGapsAreEqual) {
  const auto schedule = MustMake(kConstant + Rate(1000), kSecond);
  EXPECT_EQ(schedule->size(), 1000u);
  const std::vector<Start> starts = Walk(*schedule, 0, 1);
  for (size_t i = 0; i < starts.size(); ++i) {
    EXPECT_EQ(starts[i].offset_ns, static_cast<int64_t>(i) * 1'000'000);
  }
}

TEST(StagedSchedule, PlannedPerSecondIsTheIntegralOfTheRate) {
  // 0 → 2000/s in 10 s, 5 s at 500/s, down to 100/s in 10 s, which holds.
  const auto schedule = MustMake(
      kConstant + Stage(0, 2000, 10) + Stage(500, 500, 5) + Stage(500, 100, 10), 30 * kSecond);
  const auto integral = [](double t) {
    const double ramp = std::min(t, 10.0);
    double sum = 100 * ramp * ramp;
    if (t > 10) sum += 500 * (std::min(t, 15.0) - 10);
    if (t > 15) {
      const double down = std::min(t, 25.0) - 15;
      sum += 500 * down - 20 * down * down;
    }
    if (t > 25) sum += 100 * (t - 25);
    return sum;
  };
  for (int second = 0; second < 30; ++second) {
    const double planned = static_cast<double>(schedule->CountBefore((second + 1) * kSecond) -
                                               schedule->CountBefore(second * kSecond));
    EXPECT_NEAR(planned, integral(second + 1) - integral(second), 1.0) << "second " << second;
  }
  EXPECT_EQ(schedule->size(), 10000u + 2500 + 3000 + 500);
}

TEST(StagedSchedule, RampStartsWhereTheLastStageEnded) {
  const auto schedule = MustMake(std::string(kConstant) + Stage(100, 100, 1) + "stages { to { " +
                                     RatePerSecond(300) + " } duration { ns: 1000000000 } }",
                                 2 * kSecond);
  EXPECT_EQ(schedule->size(), 100u + 200);
}

TEST(StagedSchedule, FirstStageWithoutFromIsAStep) {
  const auto schedule = MustMake(std::string(kConstant) + "stages { to { " + RatePerSecond(300) +
                                     " } duration { ns: 1000000000 } }",
                                 kSecond);
  EXPECT_EQ(schedule->CountBefore(kSecond / 2), 150u);
}

TEST(StagedSchedule, LongFastRampStaysExact) {
  // A day from nothing to a million per second.
  const auto schedule = MustMake(kConstant + Stage(0, 1'000'000, 86400), 86400 * kSecond);
  EXPECT_EQ(schedule->size(), 43'200'000'000u);
  for (int64_t second : {1, 3600, 43200, 86399}) {
    const long double exact =
        1e6L * static_cast<long double>(second) * static_cast<long double>(second) / (2 * 86400.0L);
    EXPECT_NEAR(static_cast<double>(schedule->CountBefore(second * kSecond)),
                static_cast<double>(exact), 1.0);
  }
}

TEST(PoissonSchedule, MeanGapMatchesRate) {
  const auto schedule = MustMake(Rate(1000), 1000 * kSecond, 3);
  // 10⁶ arrivals: the standard deviation of the count is 1000.
  EXPECT_NEAR(static_cast<double>(schedule->size()), 1e6, 3000);
}

TEST(PoissonSchedule, IndexOfDispersionIsOne) {
  const auto schedule = MustMake(Rate(1000), 1000 * kSecond, 4);
  // Counts in windows that do not divide the blocks: 37 ms.
  constexpr int64_t kWindow = 37'000'000;
  double sum = 0;
  double squares = 0;
  int windows = 0;
  uint64_t before = 0;
  for (int64_t end = kWindow; end <= schedule->duration_ns(); end += kWindow) {
    const uint64_t count = schedule->CountBefore(end);
    const double arrivals = static_cast<double>(count - before);
    before = count;
    sum += arrivals;
    squares += arrivals * arrivals;
    ++windows;
  }
  const double mean = sum / windows;
  const double dispersion = (squares / windows - mean * mean) / mean;
  EXPECT_NEAR(dispersion, 1.0, 0.035);  // 27027 windows: σ = √(2/n) = 0.0086
}

// √n·D of the gaps' empirical distribution against 1 − e^(−rate·gap).
double KolmogorovSmirnov(const Schedule& schedule, double rate) {
  std::vector<double> gaps;
  int64_t last = 0;
  for (const Start& start : Walk(schedule, 0, 1)) {
    gaps.push_back(static_cast<double>(start.offset_ns - last) * 1e-9);
    last = start.offset_ns;
  }
  std::sort(gaps.begin(), gaps.end());
  const double n = static_cast<double>(gaps.size());
  double largest = 0;
  for (size_t i = 0; i < gaps.size(); ++i) {
    const double expected = 1 - std::exp(-rate * gaps[i]);
    largest = std::max({largest, std::fabs(expected - static_cast<double>(i) / n),
                        std::fabs(expected - static_cast<double>(i + 1) / n)});
  }
  return std::sqrt(n) * largest;
}

TEST(PoissonSchedule, GapsAreExponential) {
  EXPECT_LT(KolmogorovSmirnov(*MustMake(Rate(1000), 100 * kSecond, 5), 1000), 1.36);
  EXPECT_LT(KolmogorovSmirnov(*MustMake(Rate(20), 3000 * kSecond, 5), 20), 1.36);
  EXPECT_LT(KolmogorovSmirnov(*MustMake(Rate(50000), 3 * kSecond, 5), 50000), 1.36);
}

TEST(PoissonSchedule, OtherSeedOtherArrivals) {
  const auto one = Walk(*MustMake(Rate(1000), kSecond, 1), 0, 1);
  EXPECT_EQ(one, Walk(*MustMake(Rate(1000), kSecond, 1), 0, 1));
  EXPECT_NE(one, Walk(*MustMake(Rate(1000), kSecond, 2), 0, 1));
}

TEST(PoissonSchedule, RampsFollowTheRate) {
  const auto schedule = MustMake(Stage(0, 20000, 10), 10 * kSecond, 6);
  // ∫ over the k-th second: 2000·k + 1000. Also within one block the rate climbs.
  for (int second = 0; second < 10; ++second) {
    const double expected = 2000.0 * second + 1000;
    const double planned = static_cast<double>(schedule->CountBefore((second + 1) * kSecond) -
                                               schedule->CountBefore(second * kSecond));
    EXPECT_NEAR(planned, expected, 4.5 * std::sqrt(expected)) << "second " << second;
  }
  EXPECT_NEAR(static_cast<double>(schedule->CountBefore(kSecond / 2)), 250, 75);
}

TEST(ScheduleSettings, MistakesAreNamed) {
  EXPECT_THAT(Failure(""), HasSubstr("rate (as in 2000/s) or stages"));
  EXPECT_THAT(Failure(Rate(5) + Stage(1, 1, 1)), HasSubstr("not both"));
  EXPECT_THAT(Failure(Rate(0)), HasSubstr("rate of zero"));
  EXPECT_THAT(Failure("rate { operations: 5 }"), HasSubstr("needs a time"));
  EXPECT_THAT(Failure(Rate(2'000'000'000)), HasSubstr("higher than"));
  EXPECT_THAT(Failure(Stage(0, 0, 1)), HasSubstr("less than one operation"));
  EXPECT_THAT(Failure(Rate(5), 0), HasSubstr("longer than nothing"));
  EXPECT_THAT(Failure("stages { duration { ns: 1 } }"), HasSubstr("stage 1 needs `to`"));
  EXPECT_THAT(Failure("stages { to { " + RatePerSecond(5) + " } }"),
              HasSubstr("stage 1 needs a duration"));
}

}  // namespace
}  // namespace weir
