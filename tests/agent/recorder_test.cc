#include "agent/recorder.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(Page, CountsWhatEachPartitionHadOfAnAttempt) {
  Page page;
  const PartitionPart parts[] = {{0, 1, 0, 1'000, 30}, {2, 3, 1, 2'000, 50}};
  Outcome several;
  several.parts = parts;
  several.charge = 3'000;
  page.CountPartition(several);
  Outcome one;
  one.verdict = Verdict::kThrottled;
  one.partition = 2;
  one.charge = 380;
  page.CountPartition(one);
  page.CountPartition(Outcome());  // no partition known
  ASSERT_EQ(page.partitions().size(), 3u);
  EXPECT_EQ(page.partitions()[0].attempts(), 1u);
  EXPECT_EQ(page.partitions()[0].milli_ru(), 1'000u);
  EXPECT_EQ(page.partitions()[1].attempts(), 0u);
  EXPECT_EQ(page.partitions()[2].attempts(), 4u);
  EXPECT_EQ(page.partitions()[2].throttled(), 2u);
  EXPECT_EQ(page.partitions()[2].milli_ru(), 2'380u);
  EXPECT_EQ(page.partitions()[2].server_time_ns(), 50u);
}

TEST(Page, PartitionsAddUp) {
  Page page;
  Page other;
  Outcome outcome;
  outcome.partition = 1;
  outcome.charge = 500;
  page.CountPartition(outcome);
  other.CountPartition(outcome);
  page.Add(other);
  EXPECT_EQ(page.partitions()[1].attempts(), 2u);
  EXPECT_EQ(page.partitions()[1].milli_ru(), 1'000u);
}

}  // namespace
}  // namespace weir
