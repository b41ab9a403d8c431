#include "generators/schedule.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/random.h"
#include "generators/portable_math.h"
#include "generators/replay_file.h"
#include "tests/generators/campaign_fixture.h"

namespace weir {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kSecond = 1'000'000'000;

// A file of recorded arrivals, for as long as it lives.
class OffsetsFile {
 public:
  OffsetsFile(const std::string& name, const std::string& contents) : path_(Path(name)) {
    std::ofstream(path_, std::ios::binary) << contents;
  }
  ~OffsetsFile() { std::remove(path_.c_str()); }
  OffsetsFile(const OffsetsFile&) = delete;

  static std::string Path(const std::string& name) {
    return absl::StrCat(::testing::TempDir(), getpid(), "-", name);
  }

 private:
  std::string path_;
};

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
std::string Bursts(double factor, int64_t calm_ns, int64_t burst_ns) {
  return absl::StrCat("arrivals: ARRIVAL_PROCESS_BURST burst { factor: ", factor,
                      " calm { ns: ", calm_ns, " } burst { ns: ", burst_ns, " } } ");
}
std::string Replay(const std::string& file, int numerator, int denominator) {
  return absl::StrCat("arrivals: ARRIVAL_PROCESS_REPLAY replay { path: \"", OffsetsFile::Path(file),
                      "\" speed_numerator: ", numerator, " speed_denominator: ", denominator,
                      " } ");
}
const char kConstant[] = "arrivals: ARRIVAL_PROCESS_CONSTANT ";

std::string Failure(const std::string& settings, int64_t duration_ns = kSecond) {
  const auto schedule = MakeSchedule(FromText<v1::OpenLoop>(settings), duration_ns, 1);
  EXPECT_EQ(schedule.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(schedule.status().message());
}

// 3000 arrivals in about 5 s, some of them at the same time.
std::string Recorded() {
  std::string lines;
  DrawStream draws(1, 0);
  for (uint64_t i = 0, offset = 0; i < 3000; ++i) {
    absl::StrAppend(&lines, offset, "\n");
    offset += i % 9 == 0 ? 0 : draws.Below(3'700'000);
  }
  return lines;
}

// Every kind of schedule must keep these.
class AnySchedule : public ::testing::TestWithParam<std::string> {
 protected:
  static constexpr int64_t kDuration = 3 * kSecond + 217'345'678;

  const OffsetsFile recorded_{"arrivals-of-any-schedule.txt", Recorded()};
  std::unique_ptr<Schedule> schedule_ = MustMake(GetParam(), kDuration, 7);
};

TEST_P(AnySchedule, SharesTogetherAreTheWholePlan) {
  const std::vector<Start> whole = Walk(*schedule_, 0, 1);
  ASSERT_EQ(whole.size(), schedule_->size());
  for (uint64_t shares : {1, 7, 50}) {
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
                      "rate { operations: 1000 per_ns: 60000000000 }",
                      Rate(300) + Bursts(20, 300'000'000, 100'000'000),
                      Stage(0, 400, 2) + Stage(300, 10, 1) + Bursts(50, 70'000'000, 5'000'000),
                      Replay("arrivals-of-any-schedule.txt", 1, 1),
                      Replay("arrivals-of-any-schedule.txt", 7, 3)));

TEST(ConstantSchedule, EachOfABillionOperationsIsWithinOneNanosecond) {
  // Rates whose gap is no whole number of nanoseconds; the schedule is exact where 0 ≤ i·per −
  // t·operations < operations, in integers.
  for (const auto& [operations, per_ns] :
       {std::pair<uint64_t, uint64_t>{7'000'000, 3 * kSecond}, {999'983, kSecond}, {1, 7}}) {
    const auto schedule = MustMake(
        absl::StrCat(kConstant, "rate { operations: ", operations, " per_ns: ", per_ns, " }"),
        static_cast<int64_t>(1'000'000'000 * per_ns / operations) + 1);
    ASSERT_GE(schedule->size(), 1'000'000'000u);
    for (uint64_t i = 0; i < 200'000; ++i) {
      const uint64_t index = i < 1000 ? 999'999'999 - i : Below(Draw(5, i), 1'000'000'000);
      const Uint128 exact = Uint128{index} * per_ns;
      const Uint128 planned =
          Uint128{static_cast<uint64_t>(schedule->Cursor(index, 50)->offset_ns())} * operations;
      ASSERT_TRUE(planned <= exact && exact - planned < operations) << "operation " << index;
    }
  }
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

// Variance ÷ mean of the counts in windows of this length.
double Dispersion(const std::vector<Start>& starts, int64_t window_ns) {
  std::vector<double> counts(static_cast<size_t>(starts.back().offset_ns / window_ns), 0);
  for (const Start& start : starts) {
    const auto window = static_cast<size_t>(start.offset_ns / window_ns);
    if (window < counts.size()) ++counts[window];
  }
  double sum = 0;
  double squares = 0;
  for (const double count : counts) {
    sum += count;
    squares += count * count;
  }
  const auto windows = static_cast<double>(counts.size());
  const double mean = sum / windows;
  return (squares / windows - mean * mean) / mean;
}

TEST(PoissonSchedule, IndexOfDispersionIsOne) {
  // Windows that do not divide the blocks; 27027 of them: σ = √(2/n) = 0.0086.
  EXPECT_NEAR(Dispersion(Walk(*MustMake(Rate(1000), 1000 * kSecond, 4), 0, 1), 37'000'000), 1.0,
              0.035);
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

TEST(BurstSchedule, MeanRateAndDispersionAreThoseOfAnMmpp) {
  // Calm 0.5 s at 100/s, bursts of 0.1 s at 1000/s: mean (0.5·100 + 0.1·1000)/0.6 = 250/s.
  const auto schedule =
      MustMake(Rate(100) + Bursts(10, kSecond / 2, kSecond / 10), 2000 * kSecond, 9);
  const std::vector<Start> starts = Walk(*schedule, 0, 1);
  EXPECT_NEAR(static_cast<double>(starts.size()), 5e5, 2e4);  // σ = √(76·5·10⁵) = 6164
  // Index of dispersion of a two-state MMPP's counts in windows of length t, with r₁ = 1/calm and
  // r₂ = 1/burst: 1 + D·(1 − (1 − e^(−(r₁+r₂)t))/((r₁+r₂)t)), where
  // D = 2r₁r₂(λ₁−λ₂)²/((r₁+r₂)²(λ₁r₂+λ₂r₁)).
  const double limit = 2 * 2 * 10 * 900.0 * 900 / (12 * 12 * (100.0 * 10 + 1000 * 2));
  for (const int64_t window : {kSecond / 20, kSecond, 4 * kSecond}) {
    const double t = 12e-9 * static_cast<double>(window);
    const double expected = 1 + limit * (1 - (1 - std::exp(-t)) / t);
    EXPECT_NEAR(Dispersion(starts, window), expected, 0.2 * expected) << window;  // 3σ at most
  }
}

TEST(BurstSchedule, IsPoissonWhereBurstsAreAsTheRest) {
  const auto schedule =
      MustMake(Rate(1000) + Bursts(1, kSecond / 3, kSecond / 7), 100 * kSecond, 5);
  EXPECT_LT(KolmogorovSmirnov(*schedule, 1000), 1.36);
  EXPECT_NEAR(Dispersion(Walk(*schedule, 0, 1), 37'000'000), 1.0,
              0.11);  // 2702 windows: σ = √(2/n) = 0.027
}

TEST(BurstSchedule, ItsSeedIsItsPath) {
  const std::string settings = Rate(1000) + Bursts(10, kSecond, kSecond / 5);
  const auto one = Walk(*MustMake(settings, 5 * kSecond, 1), 0, 1);
  EXPECT_EQ(one, Walk(*MustMake(settings, 5 * kSecond, 1), 0, 1));
  EXPECT_NE(one, Walk(*MustMake(settings, 5 * kSecond, 2), 0, 1));
}

// A plan means the same for ever and on every machine.
TEST(BurstSchedule, IsPinned) {
  uint64_t sum = 0;
  for (const Start& start :
       Walk(*MustMake(Rate(1000) + Bursts(10, kSecond, kSecond / 5), 5 * kSecond, 1), 0, 1)) {
    sum = Mix64(sum ^ static_cast<uint64_t>(start.offset_ns));
  }
  EXPECT_EQ(sum, 9'938'850'856'458'878'610u);
}

TEST(BurstSchedule, MistakesAreNamed) {
  EXPECT_THAT(Failure(Rate(5) + "arrivals: ARRIVAL_PROCESS_BURST"), HasSubstr("factor must be"));
  EXPECT_THAT(Failure(Rate(5) + Bursts(2, 0, 1)), HasSubstr("longer than 0s"));
  EXPECT_THAT(Failure(Rate(5) + Bursts(2, 10, 10)), HasSubstr("so short"));
  EXPECT_THAT(Failure(Rate(1'000'000'000) + Bursts(2, kSecond, kSecond), 20 * kSecond),
              HasSubstr("in a burst neither"));
}

TEST(ReplaySchedule, IsTheFileAtItsSpeed) {
  const OffsetsFile file("arrivals-at-speed.txt", "0\n3\n3\n1000000000\r\n1000000001");
  EXPECT_EQ(Walk(*MustMake(Replay("arrivals-at-speed.txt", 1, 1), 2 * kSecond), 0, 1),
            (std::vector<Start>{{0, 0}, {1, 3}, {2, 3}, {3, kSecond}, {4, kSecond + 1}}));
  EXPECT_EQ(Walk(*MustMake(Replay("arrivals-at-speed.txt", 2, 3), 2 * kSecond), 1, 2),
            (std::vector<Start>{{1, 4}, {3, 1'500'000'000}}));
  EXPECT_EQ(MustMake(Replay("arrivals-at-speed.txt", 1, 1), kSecond)->size(), 3u);
}

TEST(ReplaySchedule, MistakesAreNamedWithTheirLine) {
  const auto problem = [](const std::string& contents, const std::string& more = "") {
    const OffsetsFile file("arrivals-with-mistakes.txt", contents);
    std::string settings = Replay("arrivals-with-mistakes.txt", 1, 1);
    settings.insert(settings.rfind('}'), more);
    return Failure(settings);
  };
  EXPECT_THAT(problem("1\n2\nx\n"), HasSubstr("mistakes.txt:3: expected a whole number"));
  EXPECT_THAT(problem("1\n2.5\n"), HasSubstr("mistakes.txt:2: expected"));
  EXPECT_THAT(problem("1\n\n2\n"), HasSubstr("mistakes.txt:2: expected"));
  EXPECT_THAT(problem("-1\n"), HasSubstr("mistakes.txt:1: expected"));
  EXPECT_THAT(problem("5\n4\n"), HasSubstr("mistakes.txt:2: 4 is less than 5"));
  EXPECT_THAT(problem("99999999999999999999\n"),
              HasSubstr("mistakes.txt:1: 99999999999999999999 ns is more"));
  EXPECT_THAT(problem(std::string(5000, '1')), HasSubstr("more than 366 days"));
  EXPECT_THAT(problem(""), HasSubstr("holds no arrival"));
  EXPECT_THAT(problem("1000000000\n"), HasSubstr("first arrival is later"));
  EXPECT_THAT(problem("1\n", "sha256: \"00ff\""), HasSubstr("not the file that is meant"));
  const auto missing =
      MakeSchedule(FromText<v1::OpenLoop>(Replay("no-such-arrivals", 1, 1)), kSecond, 1);
  EXPECT_THAT(std::string(missing.status().message()),
              HasSubstr("no-such-arrivals: cannot be read: No such file"));
}

TEST(ReplaySchedule, DigestIsTheOneThatOtherProgramsCompute) {
  const OffsetsFile file("arrivals-with-digest.txt", "1\n2\n");
  // printf '1\n2\n' | sha256sum
  EXPECT_EQ(ReadReplayFile(OffsetsFile::Path("arrivals-with-digest.txt"))->sha256,
            "a6e2b7a040683432de03a18fd8a1939a2fdf82585b364bfc874bdd4095c4cae1");
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
