#include "measure/index_runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"

namespace weir {
namespace {

using ::testing::ElementsAre;

std::vector<uint64_t> Read(const IndexRuns& runs) {
  std::vector<uint64_t> indices;
  EXPECT_TRUE(ForEachIndex(runs, [&](uint64_t index) { indices.push_back(index); }).ok());
  return indices;
}

TEST(IndexRuns, AShareOfAPlanIsOneRun) {
  std::vector<uint64_t> indices;
  for (uint64_t i = 0; i < 10'000; ++i) indices.push_back(2 + 7 * i);
  std::reverse(indices.begin(), indices.end());
  IndexRuns runs;
  EncodeRuns(&indices, &runs);
  EXPECT_THAT(runs, ElementsAre(2u, 10'000u, 7u));
  EXPECT_EQ(CountIndices(runs), 10'000u);
}

TEST(IndexRuns, AnySetComesBack) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    DrawStream draws(seed, 1);
    std::vector<uint64_t> indices;
    uint64_t index = draws.Below(3) == 0 ? UINT64_MAX - 2'000 : 0;
    for (int i = 0; i < 200; ++i) indices.push_back(index += 1 + draws.Below(4));
    std::vector<uint64_t> given = indices;
    std::swap(given.front(), given.back());
    IndexRuns runs;
    EncodeRuns(&given, &runs);
    EXPECT_EQ(Read(runs), indices) << seed;
  }
}

// What comes over the wire is no reason to visit without end, nor twice, nor beyond the numbers.
TEST(IndexRuns, DamagedRunsAreRefused) {
  for (const std::vector<uint64_t>& damaged :
       std::vector<std::vector<uint64_t>>{{1, 2},
                                          {0, 0, 1},
                                          {0, 3, 0},
                                          {0, UINT64_MAX, 1},
                                          {UINT64_MAX, 2, 1},
                                          {1, 3, UINT64_MAX},
                                          {5, 4, 1, 2, 1, 1},
                                          {5, 1, 1, UINT64_MAX, 1, 1}}) {
    const IndexRuns runs(damaged.begin(), damaged.end());
    int visits = 0;
    EXPECT_FALSE(ForEachIndex(runs, [&](uint64_t) { ++visits; }).ok()) << damaged[0];
    EXPECT_EQ(visits, 0);
  }
}

TEST(IndexRuns, RandomNumbersNeverCrash) {
  for (uint64_t seed = 0; seed < 20'000; ++seed) {
    DrawStream draws(seed, 2);
    IndexRuns runs;
    for (uint64_t i = draws.Below(9); i > 0; --i) runs.Add(draws.Next() >> draws.Below(64));
    uint64_t visits = 0;
    uint64_t last = 0;
    bool ascending = true;
    const absl::Status read = ForEachIndex(runs, [&](uint64_t index) {
      ascending &= visits++ == 0 || index > last;
      last = index;
    });
    EXPECT_TRUE(ascending) << seed;
    if (read.ok()) {
      EXPECT_EQ(visits, CountIndices(runs)) << seed;
    }
  }
}

}  // namespace
}  // namespace weir
