#include "measure/heavy_hitters.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "absl/strings/str_cat.h"

#include "base/random.h"

namespace weir {
namespace {

using Truth = std::map<std::string, uint64_t>;

// Skewed: key k about in proportion to 1/k.
std::string SkewedKey(DrawStream* draws) {
  return absl::StrCat("key ", static_cast<int>(std::exp(draws->Unit() * std::log(20'000.0))));
}

void ExpectBounds(const std::vector<v1::KeyUse>& uses, const Truth& truth) {
  for (const v1::KeyUse& use : uses) {
    const uint64_t count = truth.at(use.key());
    EXPECT_GE(use.operations(), count) << use.key();
    EXPECT_LE(use.operations() - use.most_too_high(), count) << use.key();
  }
}

bool Lists(const std::vector<v1::KeyUse>& uses, const std::string& key) {
  for (const v1::KeyUse& use : uses) {
    if (use.key() == key) return true;
  }
  return false;
}

TEST(HeavyHitters, IsExactAsLongAsThereIsRoom) {
  HeavyHitters hitters;
  for (int i = 0; i < 100; ++i) {
    for (int n = 0; n <= i; ++n) hitters.Add(absl::StrCat("k", i), 1, 7'000);
  }
  const auto uses = hitters.ToProto();
  ASSERT_EQ(uses.size(), 100u);
  EXPECT_EQ(uses[0].ShortDebugString(), R"(key: "k99" operations: 100 milli_ru: 700000)");
  EXPECT_EQ(uses[99].operations(), 1u);
}

TEST(HeavyHitters, BoundsEveryCountAndMissesNoFrequentKey) {
  HeavyHitters hitters;
  DrawStream draws(5, 1);
  Truth truth;
  constexpr uint64_t kOperations = 200'000;
  for (uint64_t i = 0; i < kOperations; ++i) {
    const std::string key = SkewedKey(&draws);
    ++truth[key];
    hitters.Add(key, 1, 1);
  }
  const auto uses = hitters.ToProto();
  ASSERT_EQ(uses.size(), HeavyHitters::kKeys);
  ASSERT_GT(truth.size(), 10 * HeavyHitters::kKeys);
  ExpectBounds(uses, truth);
  for (const auto& [key, count] : truth) {
    const bool frequent = count > kOperations / HeavyHitters::kKeys;
    EXPECT_TRUE(!frequent || Lists(uses, key)) << key;
  }
  for (const v1::KeyUse& use : uses) {
    EXPECT_LE(use.most_too_high(), kOperations / HeavyHitters::kKeys);
    EXPECT_LE(use.milli_ru(), truth[use.key()]);
  }
}

TEST(HeavyHitters, AChargeAloneMakesNoKeyKept) {
  HeavyHitters hitters;
  hitters.Add("a", 1, 5);
  hitters.Add("a", 0, 2);
  hitters.Add("b", 0, 9);
  const auto uses = hitters.ToProto();
  ASSERT_EQ(uses.size(), 1u);
  EXPECT_EQ(uses[0].ShortDebugString(), R"(key: "a" operations: 1 milli_ru: 7)");
}

TEST(MergeKeyUses, AddsUpWhatIsExact) {
  HeavyHitters one;
  HeavyHitters other;
  one.Add("a", 2, 20);
  one.Add("b", 5, 50);
  other.Add("a", 4, 40);
  const std::vector<v1::KeyUse> parts[] = {one.ToProto(), other.ToProto()};
  const auto merged = MergeKeyUses(parts, 1);
  ASSERT_EQ(merged.size(), 1u);
  EXPECT_EQ(merged[0].ShortDebugString(), R"(key: "a" operations: 6 milli_ru: 60)");
}

TEST(MergeKeyUses, BoundsEveryCountOfWhatSeveralSaw) {
  Truth truth;
  std::vector<std::vector<v1::KeyUse>> parts;
  for (uint64_t agent = 0; agent < 3; ++agent) {
    HeavyHitters hitters;
    DrawStream draws(9, agent);
    for (int i = 0; i < 50'000; ++i) {
      const std::string key = SkewedKey(&draws);
      ++truth[key];
      hitters.Add(key, 1, 1);
    }
    parts.push_back(hitters.ToProto());
  }
  const auto merged = MergeKeyUses(parts, 50);
  ASSERT_EQ(merged.size(), 50u);
  ExpectBounds(merged, truth);
  EXPECT_EQ(merged[0].key(), "key 1");
}

}  // namespace
}  // namespace weir
