#include "simulation/world.h"

#include <gtest/gtest.h>

#include <set>

namespace weir {
namespace {

TEST(World, TheSameSeedIsTheSameWorldToTheLastEvent) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const WorldReport first = RunWorld(seed);
    const WorldReport second = RunWorld(seed);
    EXPECT_EQ(first.trace_hash, second.trace_hash) << "seed " << seed;
    EXPECT_EQ(first.events, second.events) << "seed " << seed;
  }
}

TEST(World, AnotherSeedIsAnotherWorld) {
  std::set<uint64_t> hashes;
  for (uint64_t seed = 0; seed < 20; ++seed) hashes.insert(RunWorld(seed).trace_hash);
  EXPECT_EQ(hashes.size(), 20u);
}

}  // namespace
}  // namespace weir
