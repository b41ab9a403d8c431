#include "generators/key_chooser.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/generators/campaign_fixture.h"

namespace weir {
namespace {

constexpr uint64_t kLoaded = 1000;
constexpr int kDraws = 200000;

std::unique_ptr<KeyChooser> MustMake(const std::string& settings, uint64_t seed = 1) {
  auto chooser = MakeKeyChooser(FromText<v1::KeyDistribution>(settings), kLoaded, seed);
  EXPECT_TRUE(chooser.ok()) << chooser.status();
  return *std::move(chooser);
}

std::map<uint64_t, int> Count(const KeyChooser& chooser, KeyRange keys, uint64_t times = kDraws) {
  std::map<uint64_t, int> counts;
  for (uint64_t i = 0; i < times; ++i) {
    DrawStream draws(11, i);
    ++counts[chooser.Choose(keys, draws)];
  }
  return counts;
}

std::vector<uint64_t> ByFrequency(const std::map<uint64_t, int>& counts) {
  std::vector<uint64_t> keys;
  for (const auto& [key, count] : counts) keys.push_back(key);
  std::sort(keys.begin(), keys.end(),
            [&](uint64_t a, uint64_t b) { return counts.at(a) > counts.at(b); });
  return keys;
}

class AnyLaw : public ::testing::TestWithParam<std::string> {};

TEST_P(AnyLaw, StaysInTheRangeAndReachesAllOfIt) {
  const auto chooser = MustMake(GetParam());
  for (const KeyRange keys : {KeyRange{0, kLoaded}, KeyRange{0, 1300}, KeyRange{300, 1300},
                              KeyRange{999, 1010}, KeyRange{1200, 1210}, KeyRange{5, 6}}) {
    const auto counts = Count(*chooser, keys, 40000);
    EXPECT_GE(counts.begin()->first, keys.first);
    EXPECT_LT(counts.rbegin()->first, keys.end);
    EXPECT_EQ(counts.size(), keys.end - keys.first) << keys.first << " to " << keys.end;
  }
}

INSTANTIATE_TEST_SUITE_P(Laws, AnyLaw,
                         ::testing::Values("law: KEY_LAW_UNIFORM", "law: KEY_LAW_ZIPF theta: 0.5",
                                           "law: KEY_LAW_LATEST theta: 0.5",
                                           "law: KEY_LAW_HOTSPOT hot_records: 0.2 "
                                           "hot_operations: 0.8"));

TEST(ZipfKeys, FrequenciesFollowTheLawOverScatteredKeys) {
  const auto chooser = MustMake("law: KEY_LAW_ZIPF theta: 0.99");
  const auto counts = Count(*chooser, {0, kLoaded});
  const std::vector<uint64_t> hottest = ByFrequency(counts);
  double sum = 0;
  for (uint64_t k = 1; k <= kLoaded; ++k) sum += std::pow(static_cast<double>(k), -0.99);
  for (size_t rank = 0; rank < 5; ++rank) {
    const double expected = kDraws * std::pow(static_cast<double>(rank + 1), -0.99) / sum;
    EXPECT_NEAR(counts.at(hottest[rank]), expected, 5 * std::sqrt(expected)) << rank;
  }
  // Neither in order nor side by side.
  uint64_t close = 0;
  for (size_t i = 1; i < 20; ++i) {
    close += std::max(hottest[i], hottest[i - 1]) - std::min(hottest[i], hottest[i - 1]) < 20;
  }
  EXPECT_LT(close, 5u);
}

TEST(ZipfKeys, HotRecordsStayHotWhileTheTableChanges) {
  const auto chooser = MustMake("law: KEY_LAW_ZIPF theta: 0.99");
  const std::vector<uint64_t> before = ByFrequency(Count(*chooser, {0, kLoaded}));
  const std::vector<uint64_t> grown = ByFrequency(Count(*chooser, {0, 2500}));
  EXPECT_TRUE(std::equal(before.begin(), before.begin() + 4, grown.begin()));
  // A tenth deleted: nearly all of the hottest that are left are the same.
  const std::vector<uint64_t> shrunk = ByFrequency(Count(*chooser, {100, kLoaded}));
  const std::set<uint64_t> hot(before.begin(), before.begin() + 20);
  const auto kept = std::count_if(shrunk.begin(), shrunk.begin() + 20,
                                  [&](uint64_t key) { return hot.count(key) > 0; });
  EXPECT_GE(kept, 13);
}

TEST(ZipfKeys, OtherSeedOtherHotRecords) {
  const auto one = ByFrequency(Count(*MustMake("law: KEY_LAW_ZIPF theta: 2", 1), {0, kLoaded}));
  const auto two = ByFrequency(Count(*MustMake("law: KEY_LAW_ZIPF theta: 2", 2), {0, kLoaded}));
  EXPECT_NE(one[0], two[0]);
}

TEST(LatestKeys, TheNewestIsTheHottest) {
  const auto chooser = MustMake("law: KEY_LAW_LATEST theta: 0.99");
  const auto hottest = ByFrequency(Count(*chooser, {200, 1500}));
  EXPECT_EQ(hottest[0], 1499u);
  EXPECT_EQ(hottest[1], 1498u);
  EXPECT_EQ(hottest[2], 1497u);
}

TEST(HotspotKeys, TheHotShareTakesItsShare) {
  const auto chooser = MustMake("law: KEY_LAW_HOTSPOT hot_records: 0.1 hot_operations: 0.7");
  const auto counts = Count(*chooser, {0, kLoaded});
  const std::vector<uint64_t> hottest = ByFrequency(counts);
  double hot = 0;
  for (size_t i = 0; i < 100; ++i) hot += counts.at(hottest[i]);
  EXPECT_NEAR(hot / kDraws, 0.7, 0.01);
  EXPECT_NEAR(counts.at(hottest[50]), kDraws * 0.7 / 100, 160);
}

TEST(KeyChooser, MistakesAreNamed) {
  const auto failure = [](const std::string& settings) {
    return std::string(
        MakeKeyChooser(FromText<v1::KeyDistribution>(settings), kLoaded, 1).status().message());
  };
  EXPECT_THAT(failure("law: KEY_LAW_ZIPF theta: 5.5"), ::testing::HasSubstr("between 0 and 5"));
  EXPECT_THAT(failure("law: KEY_LAW_HOTSPOT hot_records: 2"),
              ::testing::HasSubstr("hot_records is a share"));
  EXPECT_THAT(failure("law: KEY_LAW_HOTSPOT hot_operations: -1"),
              ::testing::HasSubstr("hot_operations is a share"));
}

TEST(KeyChooser, NamesSayTheLaw) {
  EXPECT_EQ(MustMake("law: KEY_LAW_UNIFORM")->name(), "uniform");
  EXPECT_EQ(MustMake("law: KEY_LAW_LATEST theta: 0.99")->name(), "latest θ=0.99");
  EXPECT_EQ(MustMake("law: KEY_LAW_HOTSPOT hot_records: 0.2 hot_operations: 0.8")->name(),
            "hotspot 80% on 20%");
}

}  // namespace
}  // namespace weir
